"""The old clients' question "is it there?": their only sign of success, so it decides whether a file is sent again.

All of them ask for every file, then for URLs, then PUT, then ask again, until everything is there. Where the files of a
visit share names, one answer speaks for several files: it is "yes" only when all that was asked for since the last
"no" has come, wherever the URLs led (legacy_second_files.py). What comes twice by that is dropped when it is sorted in.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from amiportal.accounts.models import User
from amiportal.objectstore.lookup import head, in_parallel, lookup
from amiportal.objectstore.objects import StoredObject
from deployments.models import Deployment
from uploads.domain.keys import is_hidden, key_prefix
from uploads.ledger import statements
from uploads.models import UploadLog
from uploads.services.checking import check_batch_size

SENT_AGAIN = "sent_again"  # of rows whose pass did not bring everything: the client was told so

# The rows of one person's visit that ask for these names, while their URLs live or are not settled yet.
_OF_VISIT = """
SELECT row.id, row.filename AS name, row.beside_key, row.error_code, row.status = 'failed' AS is_refused
FROM uploads_uploadlog AS row JOIN uploads_uploadsession AS session ON session.id = row.session_id
WHERE row.deployment_id = %(deployment)s AND row.data_type = %(data_type)s AND row.unsettled_until IS NOT NULL
  AND row.md5 = '' AND row.beside_key = '' AND row.filename = ANY(%(names)s)
  AND session.uploader_name = %(uploader_name)s AND (%(account)s::bigint IS NULL OR session.account_id = %(account)s)
UNION ALL
SELECT row.id, row.path_on_card, row.beside_key, row.error_code, false
FROM uploads_uploadlog AS row JOIN uploads_uploadsession AS session ON session.id = row.session_id
WHERE row.deployment_id = %(deployment)s AND row.data_type = %(data_type)s AND NOT (row.beside_key = '')
  AND row.path_on_card = ANY(%(names)s)
  AND session.uploader_name = %(uploader_name)s AND (%(account)s::bigint IS NULL OR session.account_id = %(account)s)
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row of a visit. name: composed, the first file's. is_refused: no URL was given, for it would be shared."""

    row_id: int
    name: str
    beside_key: str
    error_code: str
    is_refused: bool


def which_exist(
    *, actor: User | None, deployment: Deployment, data_type: str, uploader_name: str, names: Sequence[str]
) -> dict[str, bool]:
    """For each name, as asked, whether the client may take it for stored; what is found is noted in the ledger.

    Names that are no data count as there, so that clients pass over them. A listing's absence is believed here even of
    stores whose listings lag: "absent" only leads to asking for a URL, and there it is confirmed. actor: None for a
    client that sent no credentials; a visit is then known by the person's name alone.
    """
    check_batch_size(names)
    composed = {name: unicodedata.normalize("NFC", name) for name in names}
    # A name with a "/" would be looked up in another folder; no such key was ever granted.
    wanted = {stored for name, stored in composed.items() if name and "/" not in name and not is_hidden(name)}
    found = _found(deployment, data_type, wanted)
    if found:
        statements.note_found(deployment=deployment, data_type=data_type, found=found)
    asked = _asked(actor, deployment, data_type, uploader_name, wanted | composed.keys())
    visit = _visit(deployment, asked, found)
    return {
        name: is_hidden(name) or visit.get(stored, stored in found and stored in wanted)
        for name, stored in composed.items()
    }


def _found(deployment: Deployment, data_type: str, names: Collection[str]) -> dict[str, StoredObject]:
    if not names:
        return {}
    prefix = key_prefix(deployment_id=deployment.deployment_id, data_type=data_type)
    found = lookup(bucket=deployment.bucket.name, prefix=prefix, names=names, confirm_absent=False)
    return {name: stored for name, stored in found.items() if stored is not None}


def _asked(
    actor: User | None, deployment: Deployment, data_type: str, uploader_name: str, names: Collection[str]
) -> dict[str, list[_Asked]]:
    given: dict[str, Any] = {
        "deployment": deployment.pk,
        "data_type": data_type,
        "names": sorted(names),
        "uploader_name": uploader_name,
        "account": None if actor is None else actor.pk,
    }
    by_name: dict[str, list[_Asked]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_OF_VISIT, given)
        for row_id, name, *more in cursor.fetchall():
            name = unicodedata.normalize("NFC", name)
            by_name[name].append(_Asked(row_id, name, *more))
    return by_name


def _visit(
    deployment: Deployment, asked: Mapping[str, Sequence[_Asked]], found: Mapping[str, StoredObject]
) -> dict[str, bool]:
    """By name, of those that this visit asked URLs for, whether all came that was asked for since the last "no"."""
    beside = [row for rows in asked.values() for row in rows if row.beside_key and row.error_code != SENT_AGAIN]
    bucket = deployment.bucket.name
    kept = in_parallel(lambda row: head(bucket, row.beside_key) is not None, beside)
    came = {row.row_id for row, is_there in zip(beside, kept, strict=True) if is_there}
    answers, incomplete = {}, []
    for name, rows in asked.items():
        of_this_pass = [row for row in rows if row.error_code != SENT_AGAIN]
        answers[name] = bool(of_this_pass) and all(
            not row.is_refused and (row.row_id in came if row.beside_key else name in found) for row in of_this_pass
        )
        if not answers[name]:
            incomplete += [row.row_id for row in of_this_pass]
    if incomplete:
        UploadLog.objects.filter(pk__in=incomplete).update(error_code=SENT_AGAIN)
    return answers
