"""GEN-06, SEC-01: beyond loopback the service speaks TLS, or stands behind what does."""

import ipaddress
import re
import signal
import ssl
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cds.api import serving
from cds.settings import SettingsRejected, read_settings

PROGRAM = """
import sys
from cds.api.desk import ClosedDesk
from cds.api.serving import serve
from cds.settings import read_settings
folder = sys.argv[1]
tls = {"CDS_TLS_CERTIFICATE": f"{folder}/certificate.pem", "CDS_TLS_KEY": f"{folder}/key.pem"}
settings = read_settings({"CDS_PORT": "0", "CDS_WORKERS": "1", **tls})
serve(settings, ClosedDesk, announce=lambda url: print(url, flush=True))
"""


@pytest.fixture
def certificate(tmp_path):
    """A key and a self-signed certificate for 127.0.0.1, made for this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(private)
    return tmp_path


@pytest.mark.requirement("SEC-01")
def test_gen_06_with_a_certificate_it_speaks_tls(certificate):
    command = [sys.executable, "-c", PROGRAM, str(certificate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            assert re.fullmatch(r"https://127\.0\.0\.1:\d+", url)
            trusted = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
            with urllib.request.urlopen(f"{url}/cds-services", timeout=10, context=trusted) as response:  # noqa: S310 - our own
                assert response.read() == b'{"services":[]}'
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def test_nothing_older_than_tls_1_2_is_spoken(certificate):
    files = {"CDS_TLS_CERTIFICATE": str(certificate / "certificate.pem"), "CDS_TLS_KEY": str(certificate / "key.pem")}
    made = serving._tls(read_settings(files))["ssl_context"](None, ssl.create_default_context)
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2


def problems(**environ):
    with pytest.raises(SettingsRejected) as raised:
        read_settings(environ)
    return raised.value.problems


def test_gen_06_plain_http_is_refused_beyond_loopback():
    (said,) = problems(CDS_HOST="0.0.0.0", CDS_AUTH="open")  # noqa: S104 - it is refused
    assert said.startswith("CDS_HOST: plain HTTP is for loopback only")
    behind = {"CDS_HOST": "0.0.0.0", "CDS_AUTH": "open", "CDS_PUBLIC_URL": "https://cds.example.org"}  # noqa: S104
    assert read_settings(behind).tls_certificate is None


def test_half_a_certificate_is_refused():
    (said,) = problems(CDS_TLS_KEY="key.pem")
    assert said.startswith("CDS_TLS_CERTIFICATE: write it and CDS_TLS_KEY together")
