"""Is this card safe? Its files against the store itself: the ledger is not asked, and nothing is written."""

from collections.abc import Sequence

from amiportal.accounts.models import User
from uploads.domain.batch import CardFile, FileResult, Outcome
from uploads.ledger.unsettled import unsettled_keys, unsettled_result
from uploads.permissions import deployment_to_compare
from uploads.services.checking import check_batch_size, refusals
from uploads.services.extra_headers import added_by_name, refused_for
from uploads.services.proof import Proof, being_read, found_by, look_in, not_told, prove


def verify_files(*, actor: User, deployment_id: str, data_type: str, files: Sequence[CardFile]) -> list[FileResult]:
    """One result per file, in the order asked: stored, missing, mismatch, unsettled or refused.

    Every absence is asked by HEAD. Each file needs size and MD5. Retired deployments are compared too. Raises
    PortalError for too many files, what `permissions.deployment_to_compare` does, and StoreError when the store is
    away.
    """
    check_batch_size(files)
    deployment = deployment_to_compare(actor=actor, deployment_id=deployment_id, data_type=data_type)
    # Two files with one name are no error here: the store holds at most one of them, and the other is told apart.
    refused = {
        index: result
        for index, result in refusals(files, data_type=data_type, needs="size and md5").items()
        if result.status == Outcome.REFUSED
    }
    names = list({file.name: None for index, file in enumerate(files) if index not in refused})
    found = {}
    if names:
        found = found_by(look_in, deployment=deployment, data_type=data_type, names=names, confirm_absent=True)
    # Asked after the look: a URL given meanwhile is seen.
    untils = unsettled_keys(deployment=deployment, data_type=data_type, names=names)
    bucket = deployment.bucket.name
    proofs = prove([file for file in files if file.name in found.keys() - untils.keys()], found, bucket=bucket)
    same = {
        file.name: stored
        for file, proof in proofs.items()
        if proof.is_same and (stored := found[file.name]) is not None
    }
    added = added_by_name(deployment=deployment, data_type=data_type, found=same)
    return [
        refused.get(index)
        or (unsettled_result(file.name, untils[file.name]) if file.name in untils else None)
        or (not_told(file.name) if file.name not in found else None)
        or (_missing(file) if found[file.name] is None else _compared(file, proofs[file], added.get(file.name)))
        for index, file in enumerate(files)
    ]


def _missing(file: CardFile) -> FileResult:
    message = f"The store does not have {file.name}. It is only on the card."
    return FileResult(file.name, Outcome.MISSING, "missing", message)


def _compared(file: CardFile, proof: Proof, added: Sequence[str] | None) -> FileResult:
    if proof is Proof.UNREAD:
        return being_read(file.name)
    if proof.is_same and added:
        return refused_for(added, name=file.name, outcome=Outcome.MISMATCH)
    if proof.is_same:
        return FileResult(file.name, Outcome.STORED, proven_by=proof)
    message = f"The store holds other content under {file.name} than the card."
    return FileResult(file.name, Outcome.MISMATCH, "stored_differs", message)
