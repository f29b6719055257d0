"""What was not given is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from clients.ami_upload.context import Context
from clients.ami_upload.lib.errors import CallFault, UsageFault
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.portal.answers import Bucket, Deployment


def choose_deployment(context: Context) -> tuple[str, Bucket]:
    """The deployment's id and its bucket. For a check of a card retired ones will do, too."""
    given, screen, portal = context.arguments, context.screen, context.portal
    if given.deployment:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", given.deployment):
            raise UsageFault(f"{given.deployment!r} is no deployment's id.")
        try:
            row: Deployment = portal.ask("GET", f"deployments/{given.deployment}/", halt=context.halt)
        except CallFault:
            raise UsageFault(f"There is no deployment {given.deployment} among yours.") from None
        return row["deployment_id"], row["bucket"]
    if not screen.can_ask:
        raise UsageFault("Name the deployment: --deployment dep000127.")
    query = "" if given.verify else "&status=active&open_for_upload=true"
    rows: list[Deployment] = portal.pages(f"deployments/?page_size=1000{query}", halt=context.halt)
    if not rows:
        raise UsageFault("There is no deployment that you may upload into. Ask a maintainer.")
    row = pick(screen, rows)
    return row["deployment_id"], row["bucket"]


def pick(screen: Screen, rows: list[Deployment]) -> Deployment:
    """A choice by number, after any number of searches."""
    shown = rows
    while True:
        for index, row in enumerate(shown[:20], 1):
            season = " - ".join(filter(None, [row.get("first_day"), row.get("last_day")]))
            facts: list[str | None] = [row["deployment_id"], row["bucket"]["title"], row["location_name"]]
            facts += [row.get("camera_id"), row.get("system_id"), season and f"season {season}"]
            screen.say(f"{index:>3}  {', '.join(fact for fact in facts if fact)}", even_if_quiet=True)
        if len(shown) > 20:
            screen.say(f"     ... and {len(shown) - 20} more", even_if_quiet=True)
        answer = screen.ask("Number, or part of a place, camera, system or id to search for: ")
        if answer.isdigit() and 1 <= int(answer) <= min(20, len(shown)):
            return shown[int(answer) - 1]
        wanted = answer.casefold()
        shown = [row for row in rows if wanted in json.dumps(row, ensure_ascii=False).casefold()]
        if not shown:
            screen.say("Nothing like that. All of them again:", even_if_quiet=True)
            shown = rows


def choose_data_type(screen: Screen, allowed: Sequence[str]) -> str:
    if not screen.can_ask:
        raise UsageFault("Name the data type: --data-type snapshot_images.")
    for index, name in enumerate(allowed, 1):
        screen.say(f"{index:>3}  {name}", even_if_quiet=True)
    while True:
        answer = screen.ask("Data type, by number: ")
        if answer.isdigit() and 1 <= int(answer) <= len(allowed):
            return allowed[int(answer) - 1]
