"""For any WSGI server: ``gunicorn --preload wsgi:app``. ``cds serve`` does more (see cds.api.serving)."""

import os

from cds.api import create_app
from cds.commands.opening import open_desk, open_feedback, open_gate, open_meter, open_recorder
from cds.settings import read_settings

settings = read_settings(os.environ)
meter = open_meter(settings)
recorder = open_recorder(settings, meter)
desk = open_desk(settings, None, recorder, meter)
app = create_app(settings, desk, open_gate(settings, None), open_feedback(settings, recorder, meter), meter)
