"""What ends a run, a file or a call, and the exit codes of the program."""

from __future__ import annotations

OK, NOT_ALL, USAGE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130


class Stop(Exception):
    """Ends the program with a sentence for the person and an exit code."""

    def __init__(self, message: str, exit_code: int, code: str = "stopped"):
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code


class UsageFault(Stop):
    def __init__(self, message: str):
        super().__init__(message, USAGE, "usage")


class Refusal(Stop):
    """The portal or the store cannot be reached, or refuses: there is no point in going on now."""

    def __init__(self, message: str, code: str):
        super().__init__(message, REFUSED, code)


class Halted(Exception):
    """Raised in a thread that was asked to stop."""


class FileFault(Exception):
    """The file on the card is not what was selected any more, or cannot be read. Trying again is no use."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class UploadGone(Exception):
    """The portal no longer has a large file's upload open, or its name has gone to others: presigning tells more."""


class CallFault(Exception):
    """What a server answered, or that it did not answer (`http_status` 0). `code`: S3's, or the portal's."""

    def __init__(
        self,
        code: str,
        http_status: int = 0,
        message: str = "",
        retry_after_s: float | None = None,
        answered_at: float | None = None,
    ):
        super().__init__(" ".join(str(part) for part in (code, http_status or "", message) if part))
        self.code = code
        self.http_status = http_status
        self.message = message
        self.retry_after_s = retry_after_s
        self.answered_at = answered_at  # seconds since 1970 by the server's own clock, if it told

    @property
    def told_as(self) -> str:
        """The code under which a failed PUT is listed and reported."""
        return f"http_{self.http_status}" if self.http_status else "network"
