"""A CDS Hooks client in a real browser, on another origin, against ``cds serve``: tools/clients/browser has both."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stores.servers import missing

pytestmark = pytest.mark.stores

ROOT = Path(__file__).parents[2]
MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]


@pytest.mark.requirement("CORS-01", "CORS-02", "CORS-03", "CORS-04", "JWT-07", "FB-14", "CARD-15")
def test_cards_are_drawn_a_suggestion_taken_one_overridden_and_feedback_stored(tmp_path):
    if MISSING:
        missing(f"no {' and no '.join(MISSING)} here: nothing was driven in a browser")
    command = [sys.executable, str(ROOT / "tools" / "clients" / "browser" / "drive.py"), str(tmp_path)]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    ran = subprocess.run(
        command, cwd=ROOT, env={**ours, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.rstrip().endswith("ok  with reason and comment")
    pictures = {"cards-1.png", "cards-2.png", "reference-narrow.png", "reference-wide.png"}
    assert {picture.name for picture in tmp_path.iterdir()} == pictures
