"""For any WSGI server: ``gunicorn wsgi:app``. ``cds serve`` does more (see cds.api.serving)."""

from cds.api import create_app

app = create_app()
