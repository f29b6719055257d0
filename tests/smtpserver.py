"""A real mail server of 127.0.0.1 that keeps what it takes, and can be told to refuse."""

import socketserver
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(frozen=True)
class Mail:
    to: list[str]  # of the envelope
    message: EmailMessage

    @property
    def subject(self) -> str:
        return self.message["Subject"]

    @property
    def text(self) -> str:
        return self.message.get_content().replace("\r\n", "\n")


class SmtpServer:
    """As a context manager. `refusal`: while set, the answer to every message, such as b"451 try later"."""

    def __init__(self):
        self.mails: list[Mail] = []
        self.refusal: bytes | None = None
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler(), bind_and_activate=True)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> "SmtpServer":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc_info) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        keeper = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                to = []
                self._say(b"220 test")
                for line in self.rfile:
                    verb = line[:4].upper().strip()
                    if verb == b"RCPT":
                        to.append(line.partition(b"<")[2].partition(b">")[0].decode())
                    if verb == b"QUIT":
                        self._say(b"221 bye")
                        return
                    if verb == b"DATA":
                        self._say(b"354 go on")
                        keeper._take(to, self._body()) if keeper.refusal is None else self._body()
                        to = []
                        self._say(keeper.refusal or b"250 taken")
                    else:
                        self._say(b"250 fine")

            def _body(self) -> bytes:
                lines = iter(self.rfile.readline, b".\r\n")
                return b"".join(line.removeprefix(b".") for line in lines)

            def _say(self, answer: bytes) -> None:
                self.wfile.write(answer + b"\r\n")

        return Session

    def _take(self, to: list[str], body: bytes) -> None:
        self.mails.append(Mail(to, message_from_bytes(body, policy=policy.default)))
