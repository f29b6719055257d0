"""What the person sees."""

from __future__ import annotations

import shutil
import sys
import time

from clients.ami_upload.lib.log import plain


class Screen:
    """What the person sees: lines, and below them one that is written over and over; plain lines where it cannot be."""

    TICK_S = 0.2
    PLAIN_S = 10.0  # between two plain lines

    def __init__(self, *, quiet: bool):
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        self.quiet = quiet
        self.is_terminal = sys.stdout.isatty()
        self.can_ask = sys.stdin.isatty()
        self._width = 0
        self._told_at = 0.0

    def say(self, *lines: str, even_if_quiet: bool = False) -> None:
        if self.quiet and not even_if_quiet:
            return
        self._clear()
        sys.stdout.write("".join(plain(line) + "\n" for line in lines))
        sys.stdout.flush()

    def status(self, text: str) -> None:
        if self.quiet:
            return
        now = time.monotonic()
        if self.is_terminal:
            width = max(20, shutil.get_terminal_size().columns - 1)
            text = plain(text)[:width]
            sys.stdout.write("\r" + text.ljust(self._width))
            self._width = len(text)
            sys.stdout.flush()
        elif now - self._told_at > self.PLAIN_S:
            self._told_at = now
            sys.stdout.write(plain(text) + "\n")
            sys.stdout.flush()

    def _clear(self) -> None:
        if self._width:
            sys.stdout.write("\r" + " " * self._width + "\r")
            self._width = 0

    def ask(self, question: str) -> str:
        self._clear()
        try:
            return input(question).strip()
        except EOFError:
            raise KeyboardInterrupt from None
