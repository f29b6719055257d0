"""How many examples a property is tried with: fewer in `make test`; all where FULL is set, as by `make soak`."""

import os


def examples(*, full: int, usual: int) -> int:
    return full if os.environ.get("FULL") else usual
