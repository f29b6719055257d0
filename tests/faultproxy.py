"""An HTTP proxy in front of the store that does wrong on request.

    with FaultProxy(os.environ["S3_ENDPOINT_URL"]) as proxy:
        settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = proxy.url
        proxy.fault = once(Status(503), method="PUT")

Requests pass unchanged, Host and signature included, so the store itself judges them. What may happen to one exchange
is in faults.py; how a whole store may differ (its variant) is in store_variants.py.
"""

import http.client
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.faults import Answer, Decide, Dropped, Forward, Request, never
from tests.throttle import Throttle

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "te", "upgrade"}

Variant = Callable[[Request, Forward], Answer]


class FaultProxy:
    """Listens on a free port of 127.0.0.1. fault: decides per request. variants: outermost first. seen: what came."""

    def __init__(self, upstream: str, *, fault: Decide = never, variants: Sequence[Variant] = ()):
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname, parts.port or 80)
        self.fault = fault
        self.variants = list(variants)
        self.seen: list[Request] = []
        self.throttle: Throttle | None = None  # how slow the link is
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FaultProxy":
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, **wanted) -> int:
        """How many of the requests seen have these attributes."""
        return sum(all(getattr(request, name) == value for name, value in wanted.items()) for request in self.seen)

    def note(self, method: str, target: str, headers: Mapping[str, str]) -> Request:
        with self._lock:
            request = Request(len(self.seen), method, target, headers)
            self.seen.append(request)
        return request

    def forward(self, request: Request) -> Answer:
        """The store's own answer to a request, seen through the variants."""
        forward: Forward = self._send
        for variant in reversed(self.variants):
            forward = _through(variant, forward)
        return forward(request)

    def send_cut(self, request: Request) -> None:
        """Begins the request at the store, sends what there is of its body, and cuts the connection."""
        connection = self._begun(request, content_length=request.headers.get("Content-Length", "0"))
        connection.send(request.body)
        connection.close()

    def _send(self, request: Request) -> Answer:
        connection = self._begun(request, content_length=str(len(request.body)))
        try:
            if request.body:
                connection.send(request.body)
            response = connection.getresponse()
            body = response.read()
            headers = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
            return Answer(response.status, headers, body)
        finally:
            connection.close()

    def _begun(self, request: Request, *, content_length: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(*self._upstream, timeout=60)
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                connection.putheader(name, value)
        if request.method in ("PUT", "POST") or content_length != "0":
            connection.putheader("Content-Length", content_length)
        connection.endheaders()
        return connection


def _through(variant: Variant, forward: Forward) -> Forward:
    return lambda request: variant(request, forward)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def shutdown_request(self, request) -> None:
        self.close_request(request)  # no orderly end first: a reset is to be one

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed is no fault of the proxy's
            super().handle_error(request, client_address)


def _handler_of(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_exchange(self) -> None:
            request = proxy.note(self.command, self.path, self.headers)
            fault = proxy.fault(request)
            length = int(self.headers.get("Content-Length") or 0)
            wanted = length if fault is None or fault.body_bytes is None else min(length, fault.body_bytes)
            body = proxy.throttle.read(self.rfile, wanted) if proxy.throttle else self.rfile.read(wanted)
            request = replace(request, body=body)
            try:
                answer = fault.strike(request, proxy.forward, proxy) if fault else proxy.forward(request)
                self.reply(answer)
            except Dropped as dropped:
                if dropped.answer is not None:
                    self.reply(dropped.answer, sent=dropped.sent)
                self.reset()
            except OSError:
                self.reset()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = handle_exchange

        def reply(self, answer: Answer, *, sent: int | None = None) -> None:
            self.send_response_only(answer.status)
            names = {name.lower() for name, _ in answer.headers}
            for name, value in answer.headers:
                self.send_header(name, value)
            if "content-length" not in names and answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[:sent])

        def reset(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        def log_message(self, *_) -> None:
            return

    return Handler
