"""Who acts on the command line: the client whose token is given, or ``local`` where the service asks for none."""

from collections.abc import Callable
from typing import Any, TextIO

import click

from cds import clock
from cds.commands.environment import CannotStart
from cds.settings import Settings

#: Nobody in particular: whoever sits at a machine whose service asks for no token.
LOCAL = "local"
_LONGEST_INPUT = 64 * 1024


def token_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--token FILE``; the command receives ``token``."""
    told = "A file with your access token (CDS_AUTH=jwt), - for standard input. Its aud is CDS_PUBLIC_URL/rulesets."
    return click.option("--token", type=click.File("r"), metavar="FILE", help=told)(command)


def identity(settings: Settings, token: TextIO | None) -> str:
    """The id of the client of clients.yaml that the token is of; ``local`` unless CDS_AUTH=jwt.

    A token is made for publishing: one for hook calls is refused. It is used up by this.
    """
    if settings.auth != "jwt":
        return LOCAL
    audience = f"{(settings.public_url or '').rstrip('/')}/rulesets"
    if token is None:
        raise CannotStart(f"CDS_AUTH=jwt asks who you are: give an access token for {audience} as --token FILE")
    from cds.access.faults import MEANING, CannotTell, TokenRefused
    from cds.access.gate import Call
    from cds.commands.admitting import open_gate
    from cds.commands.making_live import reached_database

    with reached_database(settings):
        gate = open_gate(settings, None)
    try:
        call = Call(frozenset((audience,)), f"Bearer {token.read(_LONGEST_INPUT).strip()}")
        return gate.admit(call, clock.now().timestamp()).id
    except TokenRefused as refused:
        raise CannotStart(f"the token is refused: {refused.reason}: {MEANING[refused.reason]}") from None
    except CannotTell:
        raise CannotStart("whether the token was used before cannot be told just now: try again") from None
