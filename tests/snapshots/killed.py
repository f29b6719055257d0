"""A process that takes or restores a snapshot and dies at a named step: `python -m tests.snapshots.killed ...`.

    killed take STEP               killed restore SNAPSHOT [STEP]

STEP is `before:` or `after:` and the name of what is called at that step, such as after:taking.save_file. The end is
os._exit: no cleaning up, no rollback of ours, as with SIGKILL. A restore without a step says that it begins, and is
killed by others.
"""

import os
import sys

import django

DIED = 9


def die_at(step: str) -> None:
    when, name = step.split(":")
    module_name, function_name = name.split(".")
    module = sys.modules[f"amiportal.operations.snapshots.services.{module_name}"]
    called = getattr(module, function_name)

    def dying(*given, **named):
        if when == "after":
            called(*given, **named)
        os._exit(DIED)

    setattr(module, function_name, dying)


def main(what: str, *arguments: str) -> None:
    django.setup()
    from amiportal.operations.snapshots import services  # noqa: PLC0415 (needs the app registry)
    from amiportal.operations.snapshots.models import Snapshot  # noqa: PLC0415
    from amiportal.operations.snapshots.services.planning import Selection  # noqa: PLC0415

    if what == "take":
        die_at(*arguments)
        services.take_snapshot(actor=None, reason=Snapshot.Reason.DAILY)
    else:
        number, *step = arguments
        snapshot, chosen = Snapshot.objects.get(pk=number), Selection.everything()
        digest = services.plan_restore(actor=None, snapshot=snapshot, chosen=chosen).digest
        if step:
            die_at(*step)
        print("begins", flush=True)
        services.restore(actor=None, snapshot=snapshot, chosen=chosen, digest=digest)


if __name__ == "__main__":
    main(*sys.argv[1:])
