"""One answer to one hook call: ``decide`` is pure, ``answer`` is the shell round it."""
