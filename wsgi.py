"""For any WSGI server: ``gunicorn --preload wsgi:app``. ``cds serve`` does more (see cds.api.serving)."""

import os
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from cds.api import create_app
from cds.commands.admitting import open_gate
from cds.commands.opening import open_desk, open_feedback, open_follower, open_meter, open_recorder
from cds.settings import read_settings

settings = read_settings(os.environ)
meter = open_meter(settings)
recorder = open_recorder(settings, meter)
desk = open_desk(settings, None, recorder, meter)
follower = open_follower(settings, None, desk)
application = create_app(settings, desk, open_gate(settings, None), open_feedback(settings, recorder, meter), meter)
is_followed = False
beginning = Lock()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The application; the first request of a process begins to follow what is live."""
    global is_followed  # noqa: PLW0603 - of one process: nothing is asked of it before it forks
    if not is_followed:
        with beginning:
            if not is_followed:
                follower.begin()
                is_followed = True
    return application(environ, start_response)
