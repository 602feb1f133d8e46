"""One spelling of a path, before routing: no doubled slashes, no trailing one.

Clients join addresses carelessly (``/cds-services//id``), and a redirect breaks their preflight and their POST. So
the path is tidied in WSGI, and nothing here ever redirects.
"""

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SLASHES = re.compile(r"/{2,}")


#: Where the path stands as it was called, for a token whose audience is that very address.
AS_CALLED = "cds.path_as_called"
#: When the request came to this application, in seconds of the monotonic clock.
CAME = "cds.came"


class TidyPaths:
    """WSGI middleware; an object because Flask's ``wsgi_app`` is replaced by it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Tidy, note the time, and pass on."""
        environ[CAME] = time.monotonic()
        path: str = environ.get("PATH_INFO", "")
        if "//" in path or (path.endswith("/") and path != "/"):
            environ[AS_CALLED] = path
            environ["PATH_INFO"] = _SLASHES.sub("/", path).rstrip("/") or "/"
        return self._app(environ, start_response)
