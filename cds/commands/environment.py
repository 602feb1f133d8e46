"""Settings for a command: read once from the environment, or the command stops and says what to write instead."""

import os

import click

from cds.settings import Settings, SettingsRejected, read_settings


class CannotStart(click.ClickException):
    """The command could not be done; nothing was decided."""

    exit_code = 2


def settings_or_stop() -> Settings:
    """The settings; every problem of the environment at once if there are any."""
    try:
        return read_settings(os.environ)
    except SettingsRejected as fault:
        raise CannotStart("these settings cannot be used:\n  " + "\n  ".join(fault.problems)) from None
