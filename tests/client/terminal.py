"""A person at a terminal."""

import os
import pty
import select
import subprocess


class Terminal:
    """A person before the script: waits for words and types."""

    def __init__(self, command: list[str], environment: dict[str, str]):
        self.fd, inner = pty.openpty()
        self.process = subprocess.Popen(
            command, env=environment, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
        )
        os.close(inner)
        self.seen = ""

    def _read(self) -> bool:
        ready, _, _ = select.select([self.fd], [], [], 120)
        assert ready, f"nothing more came after: {self.seen}"
        try:
            piece = os.read(self.fd, 65_536)
        except OSError:  # the other end is closed
            return False
        self.seen += piece.decode(errors="replace")
        return bool(piece)

    def wait_for(self, words: str) -> None:
        start = len(self.seen)
        while words not in self.seen[max(0, start - 400) :]:
            assert self._read(), f"ended without {words!r}: {self.seen}"

    def answer(self, question: str, text: str) -> None:
        self.wait_for(question)
        os.write(self.fd, text.encode() + b"\n")
        self.seen += "\x00" * 400  # the same question later is a new one

    def end(self) -> int:
        while self._read():
            pass
        os.close(self.fd)
        return self.process.wait(60)
