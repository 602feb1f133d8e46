"""``python -m cds`` is the command ``cds``."""

from cds.commands import main

if __name__ == "__main__":
    main(prog_name="cds")
