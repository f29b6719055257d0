"""What may go wrong with one exchange between a client and the store, and which exchange it strikes.

The vocabulary of tests/faultproxy.py: requests, answers, faults, and the deciders that choose.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote, urlsplit

Headers = list[tuple[str, str]]
PATIENCE_S = 120  # of whoever waits for something that should come about at once


@dataclass(frozen=True)
class Request:
    """One request as the client sent it; `target` is the raw path and query, `number` counts from 0."""

    number: int
    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def bucket(self) -> str:
        return self.path.split("/")[1]

    @property
    def key(self) -> str:
        return self.path.partition("/")[2].partition("/")[2]

    @property
    def is_listing(self) -> bool:
        return self.method == "GET" and not self.key and "list-type" in self.query


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)

    def with_body(self, body: bytes) -> "Answer":
        headers = [(name, value) for name, value in self.headers if name.lower() != "content-length"]
        return replace(self, headers=[*headers, ("Content-Length", str(len(body)))], body=body)


Forward = Callable[[Request], Answer]


class Dropped(Exception):
    """The connection is reset; after `sent` bytes of `answer`, if there is one."""

    def __init__(self, answer: Answer | None = None, sent: int = 0):
        self.answer, self.sent = answer, sent


class Fault:
    """What happens to one exchange instead of the right thing."""

    body_bytes: int | None = None  # how much of the request's body is read before the fault strikes; None: all

    def strike(self, request: Request, forward: Forward, proxy) -> Answer:
        raise NotImplementedError


def error_answer(status: int, code: str, *headers: tuple[str, str]) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message></Message></Error>'.encode()
    return Answer(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body))), *headers], body)


@dataclass
class Status(Fault):
    """An error on sight; the store never hears of the request."""

    status: int
    code: str = "SlowDown"
    retry_after_s: int | None = None

    def strike(self, request, forward, proxy):
        more = [("Retry-After", str(self.retry_after_s))] if self.retry_after_s is not None else []
        return error_answer(self.status, self.code, *more)


class Hang(Fault):
    """No answer until the client gives up or the proxy closes."""

    def strike(self, request, forward, proxy):
        proxy.closing.wait()
        raise Dropped


class Held(Fault):
    """The exchange waits until it is let go; `begun` tells that one does. instead: what is answered then."""

    def __init__(self, instead: Answer | None = None):
        self.begun, self.go, self.instead = threading.Event(), threading.Event(), instead

    def strike(self, request, forward, proxy):
        self.begun.set()
        self.go.wait(PATIENCE_S)
        return self.instead or forward(request)


class Away(Fault):
    """Nobody is there: the connection ends without a word, and nothing is read or done."""

    body_bytes = 0

    def strike(self, request, forward, proxy):
        raise Dropped


class ResetMidBody(Fault):
    """The connection dies while the client sends; the store is left with the first part, too."""

    def __init__(self, body_bytes: int):
        self.body_bytes = body_bytes

    def strike(self, request, forward, proxy):
        proxy.send_cut(request)
        raise Dropped


@dataclass
class ResetMidAnswer(Fault):
    """The connection dies after so many bytes of the answer's body."""

    sent: int = 0

    def strike(self, request, forward, proxy):
        raise Dropped(forward(request), self.sent)


class CommitThenDrop(Fault):
    """The store does what it is asked; the client never learns of it."""

    def strike(self, request, forward, proxy):
        forward(request)
        raise Dropped


@dataclass
class FlipByte(Fault):
    """One bit of the body changes on its way to the store; without a body, on its way back."""

    at: int = 0

    def strike(self, request, forward, proxy):
        if request.body:
            return forward(replace(request, body=self._flipped(request.body)))
        answer = forward(request)
        return answer.with_body(self._flipped(answer.body)) if answer.body else answer

    def _flipped(self, body: bytes) -> bytes:
        at = self.at % len(body)
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


@dataclass
class OkWithErrorBody(Fault):
    """200, and an error where the result should be; nothing was done."""

    code: str = "InternalError"

    def strike(self, request, forward, proxy):
        return replace(error_answer(500, self.code), status=200)


# --- Which request is struck --------------------------------------------------------------------------------------

Decide = Callable[[Request], Fault | None]


def never(request: Request) -> Fault | None:
    return None


def always(fault: Fault, **wanted) -> Decide:
    """Strikes every request whose attributes (method, key, is_listing, ...) equal `wanted`."""
    return lambda request: fault if all(getattr(request, name) == value for name, value in wanted.items()) else None


def once(fault: Fault, **wanted) -> Decide:
    return first(1, fault, **wanted)


def first(count: int, fault: Fault, **wanted) -> Decide:
    """Strikes the first `count` matching requests."""
    matches, lock, left = always(fault, **wanted), threading.Lock(), [count]

    def decide(request: Request) -> Fault | None:
        with lock:
            if matches(request) and left[0]:
                left[0] -= 1
                return fault
        return None

    return decide


def every_kind(*, reset_at: int, flip_at: int) -> list[Fault]:
    """What a store and the way to it do to a browser; the bytes at which a body breaks lie within the files sent."""
    return [
        Status(503, retry_after_s=1),
        Status(429),
        Status(500, "InternalError"),
        ResetMidBody(reset_at),
        CommitThenDrop(),
        FlipByte(at=flip_at),
    ]


def first_of_each_key(fault: Fault, **wanted) -> Decide:
    """Strikes the first matching request to each key."""
    matches, lock, struck = always(fault, **wanted), threading.Lock(), set()

    def decide(request: Request) -> Fault | None:
        with lock:
            if matches(request) and request.key not in struck:
                struck.add(request.key)
                return fault
        return None

    return decide


def sometimes(share: float, faults: Sequence[Fault], *, seed: int, **wanted) -> Decide:
    """Strikes a share of the matching requests, drawn from `seed`."""
    matches, lock, drawn = always(faults[0], **wanted), threading.Lock(), random.Random(seed)

    def decide(request: Request) -> Fault | None:
        with lock:
            return drawn.choice(faults) if matches(request) and drawn.random() < share else None

    return decide
