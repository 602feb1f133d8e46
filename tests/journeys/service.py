"""The real service for journeys: the repository's rulesets, the real desk, the real Flask application, no socket."""

from functools import cache
from pathlib import Path

from flask.testing import FlaskClient

from cds.api import create_app
from cds.commands.opening import open_forgetful_desk
from cds.decisions.desk import Desk
from cds.settings import Settings

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(rulesets=ROOT / "rulesets", test_clock=True)


@cache  # compiling the rulesets takes most of a second, and nothing in a desk changes with a request
def desk() -> Desk:
    return open_forgetful_desk(SETTINGS)


@cache
def client() -> FlaskClient:
    return create_app(SETTINGS, desk()).test_client()
