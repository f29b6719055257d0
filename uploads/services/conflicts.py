"""Files that were answered with a conflict: each withholds its session's verdict until its content is proven."""

from collections.abc import Sequence

from django.db.models import Count, Exists, OuterRef, QuerySet

from uploads.domain.batch import CardFile, FileResult, GrantableFile, Outcome
from uploads.models import UploadConflict, UploadLog, UploadSession


def record(*, session: UploadSession, files: Sequence[CardFile], results: Sequence[FileResult]) -> None:
    """Keep the conflicts among these answers, pairwise with what was asked."""
    told = [
        UploadConflict(
            session=session,
            filename=file.name,
            path_on_card=file.path_on_card,
            size_bytes=GrantableFile.of(file).size_bytes,
            md5=file.md5,
            code=result.code,
        )
        for file, result in zip(files, results, strict=True)
        if result.status == Outcome.CONFLICT
    ]
    if told:
        UploadConflict.objects.bulk_create(told, ignore_conflicts=True)


def unmended(session_ids: Sequence[int]) -> dict[int, int]:
    """By session the conflicts whose content is not proven in it, under any name; sessions without one left out."""
    left = _left(session_ids).values("session_id")
    return {row["session_id"]: row["files"] for row in left.annotate(files=Count("pk")).order_by()}


def unmended_files(session: UploadSession, *, limit: int) -> list[UploadConflict]:
    """The same of one session, by name."""
    return list(_left([session.pk]).order_by("filename", "pk")[:limit])


def _left(session_ids: Sequence[int]) -> QuerySet[UploadConflict]:
    proven = UploadLog.objects.filter(
        session=OuterRef("session"),
        md5=OuterRef("md5"),
        size_bytes=OuterRef("size_bytes"),
        status__in=UploadLog.PROVEN,
    )
    return UploadConflict.objects.filter(session__in=session_ids).exclude(Exists(proven))
