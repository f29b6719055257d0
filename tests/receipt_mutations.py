"""Row 42: changes that somebody without the key can make to a receipt; none may pass the check."""

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from copy import deepcopy

from tests.receipt_making import text_of

# The order of Ed25519's group: a signature with it added is another text for the same.
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
OTHER_VALUES = (None, True, False, 0, 1, 1.0, -1, 10**30, "", "safe", [], {}, "A" * 32)
ENTRY_KEYS = ("name", "status", "extra", "Name", "name ", "")


def mutated(genuine: bytes, *, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """`count` times (what was done, the text that came of it), each unlike the genuine text."""
    chance = random.Random(seed)
    kinds = [_field, _member_of_text, _list, _whole, _bytes_, _layout, _signature]
    made = 0
    while made < count:
        kind = kinds[made % len(kinds)]
        text = kind(genuine, chance)
        if text != genuine:
            made += 1
            yield kind.__name__, text


def _laid_out(value: dict) -> bytes:
    """As the portal lays receipts out, whatever the value has become."""
    rest = dict(value)
    files = rest.pop("files", [])
    lines = b",\n".join(text_of(each) for each in files) if isinstance(files, list) else text_of(files)
    members = b",\n".join(text_of(name) + b":" + text_of(member) for name, member in rest.items())
    return b'{"files":[\n' + lines + b"\n],\n" + members + b"}\n"


def _field(genuine: bytes, chance: random.Random) -> bytes:
    """One field of a file or of the summary: changed, taken away, added, renamed."""
    value = json.loads(genuine)
    owner = chance.choice([value, value["summary"], value["summary"], *value["files"]])
    name = chance.choice(sorted(owner))
    step = chance.randrange(4)
    if step == 0:
        old = owner[name]
        near = (
            [old + 1, -old, float(old)]
            if isinstance(old, int)
            else [old + "0", old[1:]]
            if isinstance(old, str)
            else []
        )
        owner[name] = chance.choice([*near, *OTHER_VALUES])
    elif step == 1:
        del owner[name]
    elif step == 2:
        owner[chance.choice(ENTRY_KEYS) + str(chance.randrange(3))] = chance.choice(OTHER_VALUES)
    else:
        owner[name.upper()] = owner.pop(name)
    return _laid_out(value)


def _member_of_text(genuine: bytes, chance: random.Random) -> bytes:
    """A key of the text doubled, before or behind itself, with its own or another value; or moved."""
    value = json.loads(genuine)
    lines = genuine.split(b"\n")
    number = chance.choice([n for n, line in enumerate(lines) if line.startswith((b'{"key', b'"summary"'))])
    owner = value["summary"] if lines[number].startswith(b'"s') else value["files"][number - 1]
    pairs = [(name, owner[name]) for name in sorted(owner)]
    picked = chance.choice(pairs)
    step = chance.randrange(3)
    if step == 0:
        pairs.insert(chance.randrange(len(pairs) + 1), (picked[0], chance.choice([picked[1], *OTHER_VALUES])))
    elif step == 1:
        chance.shuffle(pairs)
    else:
        pairs.insert(chance.randrange(len(pairs) + 1), chance.choice([("name", "forged.jpg"), ("é", 1), ("a", [])]))
    told = b"{" + b",".join(text_of(name) + b":" + text_of(each) for name, each in pairs) + b"}"
    before, _, after = lines[number].partition(text_of(owner))
    lines[number] = before + told + after
    return b"\n".join(lines)


def _list(genuine: bytes, chance: random.Random) -> bytes:
    """Files repeated, taken away, added, put in another order."""
    value = json.loads(genuine)
    files = value["files"]
    step = chance.randrange(4)
    if step == 0:
        files.insert(chance.randrange(len(files) + 1), deepcopy(chance.choice(files)))
    elif step == 1:
        del files[chance.randrange(len(files))]
    elif step == 2:
        files.insert(chance.randrange(len(files) + 1), chance.choice(files) | {"name": f"forged{chance.random()}.jpg"})
    else:
        chance.shuffle(files)
    return _laid_out(value)


def _whole(genuine: bytes, chance: random.Random) -> bytes:
    """The members of the whole: doubled, strange ones beside them, in another order, something before or after."""
    head, tail = genuine.split(b"\n],\n")
    members = tail[:-2].split(b",\n")
    step = chance.randrange(5)
    forged = chance.choice(
        [b'"files":[{"name":"forged.jpg","status":"verified"}]', b'"files":[\n\n]', b'"summary":{}', b'"x":1', *members]
    )
    if step == 0:
        members.insert(chance.randrange(len(members) + 1), forged)
    elif step == 1:
        chance.shuffle(members)
    elif step == 2:
        del members[chance.randrange(len(members))]
    elif step == 3:
        return genuine + chance.choice([b" ", b"\n", b"\0", b"{}", b"null\n", forged, genuine])
    else:
        return chance.choice([b" ", b"\n", b"\xef\xbb\xbf", b"{" + forged + b"}\n", genuine]) + genuine
    return head + b"\n],\n" + b",\n".join(members) + b"}\n"


def _bytes_(genuine: bytes, chance: random.Random) -> bytes:
    """Up to three bytes flipped, lost, doubled or put in."""
    text = bytearray(genuine)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text))
        step = chance.randrange(4)
        if step == 0:
            text[at] ^= 1 << chance.randrange(8)
        elif step == 1:
            del text[at]
        elif step == 2:
            text.insert(at, text[at])
        else:
            text.insert(at, chance.choice(b' \t\r\n",:{}[]0'))
    return bytes(text)


def _layout(genuine: bytes, chance: random.Random) -> bytes:
    """The same values in another text."""
    value = json.loads(genuine)
    spelt: list[Callable[[], bytes]] = [
        lambda: json.dumps(value, indent=chance.randint(0, 4)).encode(),
        lambda: json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n",
        lambda: genuine.replace(b"\n", chance.choice([b"\r\n", b"", b"\n\n", b" \n"])),
        lambda: _escaped(genuine, chance),
        lambda: genuine.replace(b'":', b'" :', chance.randint(1, 20)),
        lambda: genuine.replace(b"},\n", b"}\n", chance.randint(1, 4)),
        lambda: genuine.replace(b"}\n],", b"},\n],"),
        lambda: genuine[: chance.randrange(len(genuine))],
        lambda: genuine.decode().encode(chance.choice(["utf-16", "utf-8-sig", "utf-32"])),
    ]
    return chance.choice(spelt)()


def _escaped(genuine: bytes, chance: random.Random) -> bytes:
    """One letter as the number that JSON lets stand for it."""
    text = genuine.decode()
    at = chance.choice([n for n, letter in enumerate(text) if letter.isalpha()])
    return (text[:at] + f"\\u{ord(text[at]):04x}" + text[at + 1 :]).encode()


def _signature(genuine: bytes, chance: random.Random) -> bytes:
    """Another text for the same signature or key, or another signature."""
    value = json.loads(genuine)
    raw = b64decode(value["signature"])
    half = int.from_bytes(raw[32:], "little")
    new = chance.choice(
        [
            b64encode(raw[:32] + (half + GROUP_ORDER * chance.randint(1, 7)).to_bytes(32, "little")).decode(),
            b64encode(bytes(64)).decode(),
            b64encode(raw + b"\0").decode(),
            b64encode(chance.randbytes(64)).decode(),
            value["signature"].rstrip("="),
            value["signature"][:-3] + chr(ord(value["signature"][-3]) + 1) + "==",
            value["signature"] + "\n",
            value["signature"][:44] + " " + value["signature"][44:],
        ]
    )
    value[chance.choice(["signature", "signature", "public_key"])] = new
    return _laid_out(value)
