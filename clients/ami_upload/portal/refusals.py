"""What a failed PUT or a failed call means, and so what follows: by what was said, not by how often it was said.

| verdict | what follows                                                            | until when                    |
| again   | another try after a pause; a Retry-After is never shortened             | MAX_TRIES a file, --patience  |
| renew   | a new URL at once                                                       | as often as the link needs it |
| ask     | the portal compares: somebody stored this key, perhaps we ourselves     | once                          |
| gone    | the portal is asked for another upload in parts                         | ROUNDS                        |
| final   | the file is told by name; the run ends where the portal refuses         |                               |

The page keeps the same rules; tests/data/rules/refusals.json holds both to them, docs/script-client.md tells people.
"""

from __future__ import annotations

from collections.abc import Sequence

from clients.ami_upload.lib.errors import CallFault

PASSING = frozenset({0, 408, 425, 429})  # 0: nobody answered
NEVER = frozenset({501, 505})  # what a server cannot do, and what it does not speak, it will not a minute later
SUCCESS, FAULTY = frozenset(range(200, 300)), frozenset(range(500, 600))
BODY_CODES = frozenset({"BadDigest", "IncompleteBody"})
RACE_CODES = frozenset({"ConditionalRequestConflict", "OperationAborted"})
NO_CODES: frozenset[str] = frozenset()
NO_STATUSES: frozenset[int] = frozenset()
# The first row that fits decides: (codes of the store or the portal, statuses, verdict). "url": see BY_URL.
PUT_RULES = (
    # Faults on the way although the status is 4xx: the S3 API reference, "Error responses".
    (BODY_CODES | {"RequestTimeout", "SlowDown"}, NO_STATUSES, "again"),
    # Another write to the key is under way, and nobody knows yet how it ends.
    (RACE_CODES, NO_STATUSES, "again"),
    (frozenset({"QuotaExceeded"}), NO_STATUSES, "final"),
    (frozenset({"NoSuchUpload"}), NO_STATUSES, "gone"),
    (frozenset({"RequestTimeTooSkewed", "ExpiredToken"}), NO_STATUSES, "url"),
    # `If-None-Match: *` met an object: 412, and 304 or 409 in the words of some stores.
    (NO_CODES, frozenset({304, 409, 412}), "ask"),
    (NO_CODES, frozenset({401, 403}), "url"),
    (NO_CODES, NEVER, "final"),
    (NO_CODES, PASSING | FAULTY | SUCCESS, "again"),  # an answer of success with an error inside is none
)
CALL_RULES = (
    (frozenset({"conflict"}), NO_STATUSES, "again"),  # two at once; the portal undid ours
    (NO_CODES, NEVER, "final"),
    (NO_CODES, PASSING | FAULTY | SUCCESS, "again"),  # something between that answers in the portal's place
)
# A refused URL that had run out by its own time says nothing about the file. One that had not may have been signed with
# a key or by a clock that has been changed since; a fresh one that is refused too is meant.
BY_URL = {"over": "renew", "good": "renew", "fresh": "final"}


def judge_put(fault: CallFault, url: str) -> str:
    """`url` when the answer came: it was "over", or "good", or "fresh": good, as was one that was refused before it."""
    verdict = _judged(PUT_RULES, fault)
    return BY_URL[url] if verdict == "url" else verdict


def judge_call(fault: CallFault) -> str:
    return _judged(CALL_RULES, fault)


def _judged(rules: Sequence[tuple[frozenset[str], frozenset[int], str]], fault: CallFault) -> str:
    for codes, statuses, verdict in rules:
        if fault.code in codes or fault.http_status in statuses:
            return verdict
    return "final"
