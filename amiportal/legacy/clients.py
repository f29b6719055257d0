"""Which of the programs from before the portal is calling, by its User-Agent. Pure."""

import re

# The first that fits; R's libraries and Python's name each other's neighbours in theirs.
_CLASSES = (
    ("R (httr2)", r"httr2/"),
    ("R (httr)", r"\bhttr/"),
    ("R", r"r-curl/|^R \(|\bRCurl"),
    ("Python (requests)", r"python-requests/"),
    ("Python (aiohttp)", r"aiohttp/"),
    ("Python (httpx)", r"python-httpx/"),
    ("Python", r"python-urllib|\bPython/"),
    ("curl", r"^curl/"),
    ("Postman", r"postman"),
    ("browser", r"^Mozilla/"),
)
_PATTERNS = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CLASSES]
UNNAMED, OTHER = "unnamed", "other"
_LOOKED_AT = 300  # characters; a longer User-Agent is nobody's


def client_class(user_agent: str) -> str:
    """A short name, one of few, so that the meter's rows stay few whatever callers send."""
    if not user_agent.strip():
        return UNNAMED
    text = user_agent[:_LOOKED_AT]
    return next((name for name, pattern in _PATTERNS if pattern.search(text)), OTHER)
