"""Background work of this app. procrastinate looks for tasks in this module alone, so it imports them all."""

from uploads.tasks import exports, upkeep  # noqa: F401
