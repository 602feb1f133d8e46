"""For any WSGI server: ``gunicorn --preload wsgi:app``. ``cds serve`` does more (see cds.api.serving)."""

import os

from cds.api import create_app
from cds.commands.opening import open_desk, open_gate
from cds.settings import read_settings

settings = read_settings(os.environ)
app = create_app(settings, open_desk(settings, None), open_gate(settings, None))
