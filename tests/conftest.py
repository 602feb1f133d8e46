"""What holds for all tests: a property is judged by what comes out, never by how fast a busy machine was."""

import os

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
if not os.environ.get("CI"):  # there hypothesis has a profile of its own, without a deadline too
    settings.load_profile("unhurried")
