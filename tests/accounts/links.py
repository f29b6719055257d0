"""Links out of mails."""

import re


def link_in(text: str) -> str:
    """The path of the link by which a password is set."""
    return re.search(r"/accounts/password/[\w-]+/", text)[0]
