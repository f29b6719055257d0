"""Errors that the portal raises on purpose. Pure."""


class PortalError(Exception):
    """The root of every error we mean to raise.

    code: a stable snake_case word for machines. message: a sentence for people that says what to do.
    fields: per input field, a list of messages. http_status: what the API answers with.
    """

    code = "error"
    http_status = 400

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        fields: dict[str, list[str]] | None = None,
    ):
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.http_status = http_status or self.http_status
        self.fields = fields or {}


class NotFound(PortalError):
    code = "not_found"
    http_status = 404


class Forbidden(PortalError):
    code = "forbidden"
    http_status = 403


class Conflict(PortalError):
    code = "conflict"
    http_status = 409


class StoreError(PortalError):
    """The object store did not do what it was asked; never raised for a key that is merely absent."""

    code = "store_error"
    http_status = 502


class StoreUnavailable(StoreError):
    """The store cannot be reached, or answered 429 or 5xx to every bounded retry. Trying later is sound."""

    code = "store_unavailable"
    http_status = 503


class PartlyTold(StoreUnavailable):
    """The store is there, but failed at some of the names that it was asked about.

    found: what it answered for the others, if there were any.
    """

    def __init__(self, fault: StoreError, found: dict):
        super().__init__(fault.message, code=fault.code, http_status=fault.http_status)
        self.found = found


class AnswerUnreadable(StoreError):
    """The store answered with what cannot be read: cut, changed on the way, or of another form."""

    code = "answer_unreadable"


class BucketMissing(StoreError):
    """The bucket does not exist in the store."""

    code = "bucket_missing"
    http_status = 409


class StoreDenied(StoreError):
    """The store refused our credentials or their rights (never to be taken for "absent")."""

    code = "store_denied"
    http_status = 502
