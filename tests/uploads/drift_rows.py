"""The rows of the reliability table about what changes behind the portal, at any count; run short and in full."""

from collections import Counter

import pytest

from amiportal.core.errors import StoreError
from amiportal.operations.doctor.telling import tell
from tests.store_variants import RepeatedListing, empty_listing, short_listing
from tests.uploads.damage import OldListing, Sent, drawn, drifted
from tests.uploads.stored_objects import counted
from uploads.models import Drift, Inventory, UploadLog, UploadSession
from uploads.services.sessions import verdicts_of

LIES = {
    "stale": OldListing,
    "short": lambda: short_listing,
    "empty": lambda: empty_listing,
    "repeated": RepeatedListing,
}


def all_damage_is_found_and_mailed_once(sent: Sent, post, *, damaged: int) -> None:
    """Row 40."""
    counted(sent.deployment)
    assert (drifted(), tell()) == (set(), 0)
    sent.damage(drawn(sent, damaged, seed=40))
    taken = counted(sent.deployment)
    truly = sent.damaged()
    assert len(truly) == damaged
    assert drifted() == truly
    for drift in Drift.objects.select_related("row__session__account"):
        assert drift.row.session.account == sent.uploaders[drift.row.filename]
    per_uploader = Counter(sent.uploaders[name] for name in truly)
    assert [tell(), tell()] == [1, 0]
    (mail,) = post.mails
    assert f"{damaged:,} stored files have changed or vanished" in mail.subject
    for uploader, files in per_uploader.items():
        (told,) = [part for part in mail.text.split("\n\n") if f"<{uploader.email}>" in part]
        assert sum(int(n.replace(",", "")) for n in _numbers(told)) == files, told
    counted(sent.deployment)
    assert (Drift.objects.count(), tell(), taken.unaccounted) == (damaged, 0, 0)
    for verdict in verdicts_of(list(UploadSession.objects.select_related("account"))):
        files = per_uploader[verdict.session.account]
        assert (verdict.unproven, verdict.safe_to_wipe) == (files, not files)
    print(f"row 40: {damaged:,} of {len(sent.contents):,} damaged, {len(truly):,} found, 1 mail, 0 false")


def _numbers(told: str) -> list[str]:
    """Of the line "What: 2 changed, 1 vanished: names"."""
    (line,) = [line for line in told.splitlines() if line.startswith("What: ")]
    return [part.split()[0] for part in line.split(": ")[1].split(", ")]


def a_lie_raises_no_false_alarm_and_hides_nothing_for_long(sent: Sent, proxy, mode: str, *, seed: int) -> None:
    """Row 21, one round: the listing lies while objects are damaged, then tells the truth again."""
    Drift.objects.all().delete()
    UploadLog.objects.update(status="verified", error_code="")
    proxy.variants = []
    before = counted(sent.deployment)
    lie = LIES[mode]()
    proxy.variants = [lie]
    if mode == "stale":
        counted(sent.deployment)  # what it goes on to show
    names = drawn(sent, len(sent.contents) // 5, seed=seed)
    sent.damage(names)
    if mode == "repeated":
        with pytest.raises(StoreError, match="does not advance"):
            counted(sent.deployment)
        # The figures of before stand, with their time, and say why.
        stands = Inventory.objects.get()
        assert (stands.taken_at, bool(stands.error)) == (before.taken_at, True)
    else:
        counted(sent.deployment)
    assert drifted() <= set(names)
    if mode in ("short", "empty"):
        assert drifted() == set(names)  # what it does not show is asked for
    proxy.variants = []
    after = counted(sent.deployment)
    assert after.taken_at > before.taken_at
    assert drifted() == sent.damaged() == set(names)
    sent.mend(names)
    counted(sent.deployment)
    assert Drift.objects.filter(back_at__isnull=True).count() == 0
