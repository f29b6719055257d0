"""Capabilities of listings: how fresh, in which order, how they page, and which names they give."""

from amiportal.objectstore import listing
from amiportal.objectstore.lookup import just_before
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench, said, unexpected

ROUNDS = 5  # an index that lags is sometimes quick
# As the field names its files, and what else a name may hold; in no order.
NAMES = (
    "20240918032339-snapshot.jpg",
    "CAMERA-20240918032339-00-07.jpg",
    "19700101_000114.WAV",
    "19700101_000114.wav",
    "a b+c%20d.jpg",
    "a&b='c'.jpg",
    "_under-score~.jpg",
    "é.jpg",
    "กล้อง 1.jpg",
    "カメラ.jpg",
    "🦋.jpg",
)
ODD_KEYS = ("odd/a//b", "odd/a\\b", "odd/./c", "odd/é-decomposed", "odd/trailing ")


def listing_after_put(bench: Workbench) -> ProbeFinding:
    seen = 0
    for number in range(ROUNDS):
        bench.stored(bench.key(f"fresh/{number}"))
        seen += str(number) in bench.listed("fresh/")
    if seen == ROUNDS:
        return ProbeFinding("immediate", f"Each of {ROUNDS} new objects was listed at once.")
    return ProbeFinding(
        "late", f"{ROUNDS - seen} of {ROUNDS} new objects were not listed at once: absence is no proof."
    )


def listing_after_delete(bench: Workbench) -> ProbeFinding:
    ghosts = 0
    for number in range(ROUNDS):
        key = bench.key(f"gone/{number}")
        bench.stored(key)
        bench.listed("gone/")
        bench.delete(key)
        ghosts += str(number) in bench.listed("gone/")
    if not ghosts:
        return ProbeFinding("immediate", f"None of {ROUNDS} deleted objects was listed.")
    return ProbeFinding("late", f"{ghosts} of {ROUNDS} deleted objects were still listed: presence is no proof.")


def listing_order(bench: Workbench) -> ProbeFinding:
    """Within one folder, compared with the order of the names' bytes; what is not listed is not judged here."""
    _fill(bench)
    names = bench.listed("names/", delimiter="/")
    if names == sorted(names):
        return ProbeFinding("bytes", "Within a folder, names come in the order of their bytes.")
    return ProbeFinding("other", "Within a folder, names do not come in the order of their bytes.")


def folder_order(bench: Workbench) -> ProbeFinding:
    """Across folders. Told only: nothing pages or seeks across folders by key."""
    for name in ("x.1", "x/1", "x1", "x-1"):
        bench.stored(bench.key(f"folders/{name}"))
    names = bench.listed("folders/")
    if names == sorted(names):
        return ProbeFinding("bytes", "Folders stand among the objects, in the order of their bytes.")
    return ProbeFinding("other", f"Folders and objects come apart: {', '.join(names)}.")


def start_after(bench: Workbench) -> ProbeFinding:
    """Whether a listing begins at each of the names when told to, as lookups do."""
    _fill(bench)
    prefix = bench.prefix + "names/"
    missed = [
        name
        for name in NAMES
        if bench.listed("names/", start_after=prefix + just_before(name), delimiter="/", max_keys=1) != [name]
    ]
    if not missed:
        return ProbeFinding("honoured", f"A listing began at each of {len(NAMES)} names when told to.")
    if len(missed) >= len(NAMES) - 1:
        return ProbeFinding("ignored", "A listing does not begin where it is told to.")
    return ProbeFinding(
        "inexact", f"A listing did not begin where it was told to for {len(missed)} of {len(NAMES)} names."
    )


def paging(bench: Workbench) -> ProbeFinding:
    _fill(bench)
    prefix, token, names, pages = bench.prefix + "names/", "", [], 0
    while pages <= len(NAMES):
        page = listing.page(bucket=bench.bucket, prefix=prefix, token=token, max_keys=3)
        pages += 1
        names += [entry.key[len(prefix) :] for entry in page.objects]
        if len(page.objects) > 3:
            return ProbeFinding("ignored", f"A page of at most 3 keys held {len(page.objects)}.")
        if not page.is_truncated or not page.next_token:
            break
        token = page.next_token
    if sorted(names) == sorted(set(names)) and len(names) == len(NAMES):
        return ProbeFinding("honoured", f"{len(names)} keys came in {pages} pages.")
    return ProbeFinding("broken", f"Paging gave {len(names)} keys ({len(set(names))} different) of {len(NAMES)}.")


def listed_names(bench: Workbench) -> ProbeFinding:
    _fill(bench)
    lost = set(NAMES) - set(bench.listed("names/"))
    if not lost:
        return ProbeFinding("exact", f"All of {len(NAMES)} names came back as they were stored, byte for byte.")
    return ProbeFinding("rewritten", f"{len(lost)} of {len(NAMES)} names did not come back as they were stored.")


def odd_keys(bench: Workbench) -> ProbeFinding:
    """Keys that no grant is given for, but that others may have made."""
    wanted = [bench.prefix + key for key in ODD_KEYS] + [f"/{bench.prefix}odd/leading"]
    refused = []
    for key in wanted:
        answer = bench.put(key)
        if answer.status >= 500:
            raise unexpected(answer, bench.bucket)
        if answer.status >= 300:
            refused.append(f"{key.removeprefix(bench.prefix)} ({said(answer)})")
    listed = {entry.key for entry in listing.stream(bench.bucket, bench.prefix + "odd/")}
    listed |= {entry.key for entry in listing.stream(bench.bucket, f"/{bench.prefix}odd/")}
    strange = sorted(key.replace(bench.prefix, "") for key in listed - set(wanted))
    if strange:
        return ProbeFinding("rewritten", f"Keys stood there that nobody wrote: {', '.join(map(repr, strange))}.")
    if refused:
        return ProbeFinding("refused", f"Not taken: {', '.join(refused)}.")
    return ProbeFinding("kept", "Doubled and leading slashes, backslashes and blanks stay as they were sent.")


def last_modified(bench: Workbench) -> ProbeFinding:
    key = bench.key("modified")
    bench.stored(key)
    for entry in listing.page(bucket=bench.bucket, prefix=key).objects:
        if entry.last_modified.microsecond:
            return ProbeFinding("milliseconds", "A listing tells times finer than seconds.")
        return ProbeFinding("seconds", "A listing tells whole seconds.")
    return ProbeFinding("unknown", "The object was not listed.")


def _fill(bench: Workbench) -> None:
    """The named objects, once for all the checks that look at them."""
    if not bench.filled:
        for name in NAMES:
            bench.stored(bench.key(f"names/{name}"))
        bench.filled = True


CHECKS = (
    listing_after_put,
    listing_after_delete,
    listing_order,
    folder_order,
    start_after,
    paging,
    listed_names,
    odd_keys,
    last_modified,
)
