"""The real service for journeys: the repository's rulesets, the real desk, the real Flask application, no socket."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from flask.testing import FlaskClient

from cds.api import create_app
from cds.commands.opening import open_forgetful_desk
from cds.decisions.desk import Desk
from cds.feedback.taking import FeedbackDesk
from cds.settings import Settings
from tests.feedback.test_taking import Memory, Shown

ROOT = Path(__file__).parents[2]
#: The time for an answer has its own tests; a busy machine must not decide these.
SETTINGS = Settings(rulesets=ROOT / "rulesets", test_clock=True, deadline_ms=60_000)


@cache  # compiling the rulesets takes most of a second, and nothing in a desk changes with a request
def desk() -> Desk:
    return open_forgetful_desk(SETTINGS)


@cache
def client() -> FlaskClient:
    return create_app(SETTINGS, desk()).test_client()


@cache
def client_with_feedback() -> FlaskClient:
    """The same with feedback, which is kept in memory and whose cards nobody knows, and with metrics for everybody."""
    settings = replace(SETTINGS, metrics="open")
    return create_app(settings, desk(), feedback=FeedbackDesk(Memory(), Shown())).test_client()
