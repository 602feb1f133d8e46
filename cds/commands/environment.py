"""What a command is told by its environment and options: read once, or it stops and says what to write instead."""

import os

import click

from cds import clock
from cds.commands.output import UNUSABLE, plain
from cds.facts.dates import Moment
from cds.replay.moments import moment_of
from cds.settings import Settings, SettingsRejected, read_settings


class CannotStart(click.ClickException):
    """The command could not be done; nothing was decided."""

    exit_code = UNUSABLE

    def format_message(self) -> str:
        """What it says may quote a file: nothing of it may act on a terminal."""
        return plain(self.message, keep="\n")


def settings_or_stop() -> Settings:
    """The settings; every problem of the environment at once if there are any."""
    try:
        return read_settings(os.environ)
    except SettingsRejected as fault:
        raise CannotStart("these settings cannot be used:\n  " + "\n  ".join(fault.problems)) from None


def moment_or_stop(at: str | None, settings: Settings) -> Moment:
    """The moment that ``--at`` names (a date is its end), or now."""
    if at is None:
        return Moment(clock.now(), settings.timezone)
    moment = moment_of(at, settings.timezone)
    if moment is None:
        raise CannotStart("--at: write a date or an instant, as in 2023-05-01 or 2023-05-01T12:00:00Z")
    return moment
