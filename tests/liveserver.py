"""The portal behind a port of its own, in a thread: for a browser, and for the script client."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread


class _Server(ThreadedWSGIServer):
    """Looks often whether it should end: by default every half second, which each test would wait for."""

    def serve_forever(self, poll_interval: float = 0.02) -> None:
        super().serve_forever(poll_interval)


class _Thread(LiveServerThread):
    server_class = _Server


@contextmanager
def listening(application: Callable) -> Iterator[str]:
    """The address at which it answers until the end of the context."""
    thread = _Thread("127.0.0.1", lambda static_files_handler: application)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()
