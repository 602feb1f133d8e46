"""Drives a CDS Hooks client in a real, headless Chromium against ``cds serve``, and says whether all went as it must.

    PYTHONPATH=. python tools/clients/browser/drive.py [folder for screenshots]

Needs ``chromium`` and ``chromedriver`` in the PATH (Debian: apt-get install -y chromium chromium-driver). The page is
on another origin than the service, signs a token for each address, types the address with and without a trailing
slash, leaves a part of the prefetch to be fetched from a FHIR server, draws the cards, takes a suggestion, overrides
with a reason and a comment. The record holds hostile text. Then the records are asked what became of the cards.
"""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[3]
PAGE = Path(__file__).with_name("page.html")
EXAMPLE = ROOT / "docs" / "examples" / "order-sign.json"
HOSTILE = (
    "warfarin <img src=x onerror=\"document.title='broken'\"> **5 MG** [more](javascript:alert(1)) <script>x</script>"
)
COMMENT = "seen <b>today</b>"
ACCESS_TOKEN = "transient-4711"  # noqa: S105 - of nothing
WAIT = 20.0


class Failed(Exception):
    """Something was otherwise than it must be."""


def expect(truth: object, told: str) -> None:
    """Say what was seen, or stop."""
    if not truth:
        raise Failed(told)
    print(f"ok  {told}")


class Origin:
    """The page's own web server, and a FHIR server that knows nothing of the patient beyond the prefetch."""

    def __init__(self) -> None:
        self.plan: dict[str, Any] = {}
        self.tokens: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        origin = self
        markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False})

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path.startswith("/fhir/"):
                    origin.tokens.append(self.headers.get("Authorization", ""))
                    self._send(b'{"resourceType":"Bundle","type":"searchset","total":0}', "application/fhir+json")
                elif path == "/plan":
                    self._send(json.dumps(origin.plan).encode(), "application/json")
                elif path == "/favicon.ico":
                    self._send(b"", "image/png")
                else:
                    self._send(PAGE.read_bytes(), "text/html; charset=utf-8")

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._send(markdown.render(sent).encode(), "text/html; charset=utf-8")

            def _send(self, content: bytes, media: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def close(self) -> None:
        self._server.shutdown()


class Browser:
    """A headless Chromium behind chromedriver, by the WebDriver protocol."""

    def __init__(self) -> None:
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        assert self._driver.stdout is not None
        said = next(found for line in self._driver.stdout if (found := re.search(r"on port (\d+)\.", line)))
        self._url = f"http://127.0.0.1:{said[1]}/session"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1000,1500"]
        chrome = {"args": arguments, "binary": shutil.which("chromium") or ""}
        wanted = {"browserName": "chrome", "goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self._ask("", {"capabilities": {"alwaysMatch": wanted}})
        self._url += f"/{session['sessionId']}"

    def _ask(self, path: str, body: Any = None, method: str = "POST") -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())["value"]

    def open(self, url: str) -> None:
        self._ask("/url", {"url": url})
        self.settle()

    def read(self, url: str, width: int) -> None:
        """Open a page that is none of ours, in a window of this width."""
        self._ask("/window/rect", {"width": width, "height": 1500})
        self._ask("/url", {"url": url})

    def run(self, script: str) -> Any:
        return self._ask("/execute/sync", {"script": f"return {script}", "args": []})

    def click(self, selector: str, number: int = 0) -> None:
        found = self._ask("/elements", {"using": "css selector", "value": selector})
        self._ask(f"/element/{next(iter(found[number].values()))}/click")
        self.settle()

    def settle(self) -> None:
        """Until the page has done what it does."""
        until = time.monotonic() + WAIT
        while self.run("state.busy"):
            if time.monotonic() > until:
                raise Failed(f"the page is still at it: {self.run('at(`log`).textContent')} {self.console()}")
            time.sleep(0.05)

    def console(self) -> list[str]:
        told = self._ask("/se/log", {"type": "browser"})
        # A 503 that was tried again is told by the network, not by the page.
        lines = (entry for entry in told if entry["level"] in ("SEVERE", "WARNING"))
        return [line["message"] for line in lines if "status of 503" not in line["message"]]

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._ask("/screenshot", method="GET")))

    def close(self) -> None:
        self._ask("", method="DELETE")
        self._driver.terminate()
        self._driver.wait(20)


@contextmanager
def served(state: Path, origin: Origin) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """``cds serve`` with tokens of a lab, whose client's FHIR server is the page's."""
    lab = state / "lab"
    run = [sys.executable, "-m", "cds"]
    subprocess.run([*run, "tokens", "lab", str(lab)], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    with (lab / "clients.yaml").open("a", encoding="utf-8") as file:
        file.write(f"    fhir-servers: [http://127.0.0.1:{origin.port}/fhir]\n")
        file.write(f"    origins: [http://localhost:{origin.port}]\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "CDS_PORT": str(port),
        "CDS_STATE": str(state / "var"),
        "CDS_RULESETS": str(ROOT / "rulesets"),
        "CDS_AUTH": "jwt",
        "CDS_PUBLIC_URL": url,
        "CDS_CLIENTS": str(lab / "clients.yaml"),
        "CDS_DEADLINE_MS": "4000",  # a busy machine must not decide whether this passes
    }
    process = subprocess.Popen([*run, "serve"], env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        if not any("rulesets:" in line for line in process.stdout):
            raise Failed("the service did not start")
        yield url, json.loads((lab / "lab-key.json").read_text(encoding="utf-8")), environ
    finally:
        process.terminate()
        process.stdout.read()
        process.wait(60)


def main(pictures: Path | None) -> None:
    """All of it; raises :class:`Failed`."""
    request = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    warfarin = request["prefetch"]["MedicationRequest"]["entry"][0]["resource"]["medicationCodeableConcept"]
    warfarin["text"] = warfarin["coding"][0]["display"] = HOSTILE
    del request["prefetch"]["Condition"]
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cds-browser-")))
        origin = Origin()
        stack.callback(origin.close)
        url, key, environ = stack.enter_context(served(state, origin))
        origin.plan = {
            "request": request,
            "key": key,
            "issuer": "urn:cds-rules:token-lab",
            "comment": COMMENT,
            "fhirServer": f"http://127.0.0.1:{origin.port}/fhir",
            "fhirAuthorization": {
                "access_token": ACCESS_TOKEN,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/*.rs",
                "subject": "browser",
            },
        }
        browser = Browser()
        stack.callback(browser.close)
        for number, discovery in enumerate((f"{url}/cds-services", f"{url}/cds-services/"), 1):
            origin.plan["discovery"] = discovery
            print(f"-- {discovery}", flush=True)
            browser.open(f"http://localhost:{origin.port}/")
            act = _take_a_suggestion if number == 1 else _override
            _round(browser, act, pictures and pictures / f"cards-{number}.png")
        _read_the_reference(browser, url, pictures)
        expect(
            set(origin.tokens) == {f"Bearer {ACCESS_TOKEN}"}, "what was left out was fetched with the token of the call"
        )
        told = _recorded(environ)
        outcomes = [outcome for decision in told for outcome in decision["feedback"]]
        expect(
            {outcome["outcome"] for outcome in outcomes} == {"accepted", "overridden"},
            "both outcomes are in the records",
        )
        for outcome in outcomes:
            print("   ", json.dumps(outcome))
        (overridden,) = (outcome for outcome in outcomes if outcome["outcome"] == "overridden")
        expect(overridden["comment"] == COMMENT and overridden["reason"]["code"], "with reason and comment")


def _read_the_reference(browser: Browser, url: str, pictures: Path | None) -> None:
    """The page of the interface, on a telephone and on a desk."""
    for name, width in (("narrow", 380), ("wide", 1400)):
        browser.read(f"{url}/openapi", width)
        expect(browser.run("document.querySelectorAll('h3').length") > 20, f"the reference is a page to read, {name}")
        wide = browser.run("document.documentElement.scrollWidth > window.innerWidth")
        console = browser.console()
        expect(not wide and not console, f"and is no wider than its window {console or ''}")
        if pictures:
            browser.screenshot(pictures / f"reference-{name}.png")


def _round(browser: Browser, act: Callable[[Browser], None], picture: Path | None) -> None:
    """Discovery, a call, its cards drawn, one of them acted on."""
    expect(browser.run("at('title').textContent") != "-", "discovery from another origin")
    browser.click("#sign")
    summaries = browser.run("[...document.querySelectorAll('.card h2')].map(each => each.textContent)")
    expect(summaries, f"cards drawn: {summaries}")
    drawn = browser.run("document.querySelector('.detail').innerText")
    expect(browser.run("document.querySelector('.detail h3') !== null"), "the detail is Markdown, and drawn")
    expect("<img src=x" in drawn and "**5 MG**" in drawn, "hostile text of the record is text")
    hurt = browser.run("document.querySelectorAll('.detail img, .detail script, .detail a[href^=javascript]').length")
    expect(hurt == 0 and browser.run("document.title") != "broken", "and nothing else")
    if picture:
        browser.screenshot(picture)
    act(browser)
    log = browser.run("at('log').textContent")
    print("".join(f"    {line}\n" for line in log.splitlines()), end="")
    expect('{"stored":1,"unmatched":[]}' in log, "feedback stored, and its card known")
    console = browser.console()
    expect(not console, f"nothing on the console {console or ''}")


def _take_a_suggestion(browser: Browser) -> None:
    browser.click(".card .suggestion")
    expect(browser.run("at('draft').textContent") == "none", "a suggestion taken: the draft is gone")
    browser.click("#sign")
    expect(browser.run("document.querySelectorAll('.card').length") == 0, "signed again: no cards")


def _override(browser: Browser) -> None:
    browser.click(".card .override")


def _recorded(environ: dict[str, str]) -> list[dict[str, Any]]:
    """The decisions whole, as ``cds decisions show`` tells them."""

    def ask(*words: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "cds", "decisions", *words, "--json"]
        done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)["result"]

    told = []
    for line in ask("list")["answers"]:
        told += ask("show", line["decision"])["decisions"]
    return told


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        main(folder)
    except Failed as failed:
        sys.exit(f"failed: {failed}")
