"""A worker that dies at a named step of an export: `python -m tests.uploads.export_killed EXPORT STEP`.

STEP is `before:` or `after:` and the name of what uploads.services.exports calls there. The end is os._exit, as with
SIGKILL: nothing of ours is cleaned up or rolled back.
"""

import os
import sys

import django

DIED = 9


def main(export_pk: str, step: str) -> None:
    django.setup()
    from uploads.services import exports  # noqa: PLC0415 (needs the app registry)

    when, name = step.split(":")
    called = getattr(exports, name)

    def dying(*given, **named):
        if when == "after":
            called(*given, **named)
        os._exit(DIED)

    setattr(exports, name, dying)
    exports.run_export(int(export_pk))


if __name__ == "__main__":
    main(*sys.argv[1:])
