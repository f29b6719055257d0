"""Do the files fit the season of their deployment?"""

from __future__ import annotations

from clients.ami_upload.commands.course import Target
from clients.ami_upload.context import Context
from clients.ami_upload.lib.errors import CallFault, Refusal, UsageFault
from clients.ami_upload.lib.format import files_, number
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.portal.answers import Survey
from clients.ami_upload.selection.device_time import hours_of
from clients.ami_upload.selection.journal import Journal
from clients.ami_upload.selection.plan import Plan

WARNINGS = {
    "shifted": "The device's clock seems to be wrong: it is {hours} h {side} local time.",
    "daylight": "Most of these files come from daylight. Is it the right deployment, and was the clock right?",
}


def judge_place(context: Context, target: Target, plan: Plan, journal: Journal) -> str:
    """Compares the device times with the season; the reason for going on where they do not fit, "" where they do."""
    screen, given = context.screen, context.arguments
    hours, undated = hours_of(item.name for item in plan.send)
    asked = {"deployment": target.deployment, "data_type": target.data_type, "hours": hours, "undated": undated}
    try:
        survey: Survey = context.portal.ask("POST", "uploads/survey/", asked, halt=context.halt)
    except CallFault as fault:
        raise Refusal(f"The portal answered: {fault.message or fault.code}", fault.code) from None
    tell_survey(screen, target, survey)
    if not survey["needs_reason"]:
        return given.reason.strip()[:500]
    selection = plan.selection
    kept = journal.note("reason") if journal.note("reason_for") == selection else ""
    reason = given.reason.strip() or kept
    if not reason and not given.dry_run:
        if not screen.can_ask:
            raise UsageFault("If the deployment is right, give the reason: --reason TEXT.")
        reason = screen.ask("Why do these files belong here? (Enter alone stops) ")
        if not reason:
            raise UsageFault("Stopped. Choose the deployment of that season.")
    if not given.dry_run:
        journal.write(reason=reason, reason_for=selection)
    return reason[:500]


def tell_survey(screen: Screen, target: Target, survey: Survey) -> None:
    for count, text in (
        (survey.get("reset"), "with a time before 2000: the device's clock had been reset."),
        (survey.get("ahead"), "with a time that lies in the future."),
    ):
        if count:
            screen.say(f"  {files_(count)} {text}")
    nights = survey.get("nights")
    if nights and nights.get("verdict") in WARNINGS:
        shift_h = nights.get("shift_h") or 0
        side = "behind" if shift_h < 0 else "ahead of"
        screen.say("  " + WARNINGS[nights["verdict"]].format(hours=abs(shift_h), side=side))
    if not survey["needs_reason"]:
        return
    season = survey["season"]
    days = " to ".join(day or "..." for day in (season["first_day"], season["last_day"]))
    screen.say(
        f"  {number(survey['outside'])} of {files_(survey['files'])}: taken from {survey['outside_first_day']} to"
        f" {survey['outside_last_day']}. The season of {target.deployment} is {days}.",
        even_if_quiet=True,
    )
    for fit in survey.get("fits", [])[:3]:
        facts = [fit.get("location_name"), fit.get("camera_id"), "" if fit.get("is_active") else "retired"]
        about = ", ".join(fact for fact in facts if fact)
        screen.say(f"  {fit['deployment']} ({about}) fits {files_(fit['files'])}.", even_if_quiet=True)
