"""The Flask skin: paths, methods, media types, statuses. It decides nothing and keeps no patient data."""

from cds.api.app import create_app
from cds.api.desk import Desk

__all__ = ["Desk", "create_app"]
