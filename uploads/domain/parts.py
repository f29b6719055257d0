"""How a large file is cut into parts, and the hash over them that stores give as its ETag. Pure."""

import re
from collections.abc import Iterable
from hashlib import md5

from uploads.domain import shared

MAX_PUT_BYTES = 5 * 1024**3  # what S3 takes in one PUT
MAX_FILE_BYTES = 50 * 1024**3  # 3,200 parts, of the 10,000 that S3 takes

_MULTIPART_MD5 = re.compile(r"[0-9a-f]{32}-([1-9][0-9]{0,4})")


def part_count(size_bytes: int, *, part_size_bytes: int) -> int:
    return -(-size_bytes // part_size_bytes)


def size_of_part(number: int, *, size_bytes: int, part_size_bytes: int) -> int:
    """The bytes of part `number`, counted from 1: the last one has what is left."""
    return min(part_size_bytes, size_bytes - (number - 1) * part_size_bytes)


def multipart_md5_fits(multipart_md5: str, *, size_bytes: int) -> bool:
    """Whether it has the form of such a hash, for a file of this size cut in the portal's way."""
    found = _MULTIPART_MD5.fullmatch(multipart_md5)
    return found is not None and int(found[1]) == part_count(size_bytes, part_size_bytes=shared.PART_SIZE_BYTES)


def multipart_md5_of(part_md5s: Iterable[str]) -> str:
    """The MD5 over the parts' binary MD5s (given in hex, in order), "-", their number."""
    binary = [bytes.fromhex(part) for part in part_md5s]
    return f"{md5(b''.join(binary), usedforsecurity=False).hexdigest()}-{len(binary)}"
