"""A mail server that takes every mail and keeps it: as much of SMTP (RFC 5321) as a client without wishes needs."""

import email.policy
import re
import socketserver
import threading
from email.message import EmailMessage


def link_in(text: str) -> str:
    """The path of the link by which a password is set."""
    return re.search(r"/accounts/password/[\w-]+/", text)[0]


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                content = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
                message = email.message_from_bytes(content, policy=email.policy.default)
                self.server.messages.append(message)
                self._say("250 kept")
            elif command == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 well")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Mailbox(socketserver.ThreadingTCPServer):
    """`with Mailbox() as mailbox`: listens on 127.0.0.1 at `port`; `messages` are those that came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.messages: list[EmailMessage] = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_) -> None:
        self.shutdown()
        self.server_close()
