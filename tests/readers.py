"""How the programs downstream find a file's time in its name: their rules written again, to hold the portal's names to.

`species`: amber-inferences (process_date); `insights`: EntoInsights (parse_AMI_datetimes); `birds`: the same package on
BirdNET's results, which looks at the first 15 characters; `platform`: Antenna, before and since it reads more shapes.
"""

import re
from datetime import datetime
from pathlib import PurePosixPath


def species(name: str) -> datetime | None:
    pieces = [piece.split(".")[0] for piece in name.split("-")]
    pieces = [piece for piece in pieces if piece.startswith(("202", "201"))]
    return _parsed(pieces[0], "%Y%m%d%H%M%S") if pieces else None


def insights(name: str) -> datetime | None:
    found = re.search(r"\d{8}_\d{6}|\d{14}", name)
    return _parsed(found[0].replace("_", ""), "%Y%m%d%H%M%S") if found else None


def birds(name: str) -> datetime | None:
    return _parsed(name[:15], "%Y%m%d_%H%M%S")


def platform_before(name: str) -> datetime | None:
    found = re.search(r"\d{14}", PurePosixPath(name).stem)
    return _parsed(found[0], "%Y%m%d%H%M%S") if found else None


def platform(name: str) -> datetime | None:
    spelt = r"\d{4}[^\d]\d{2}[^\d]\d{2}[^\d]+\d{2}[^\d]\d{2}[^\d]\d{2}"
    shapes = rf"(\d{{14}})|(\d{{8}}[^\d]+\d{{6}})|({spelt})|((?<!\d)\d{{12}}(?!\d))"
    found = re.search(shapes, PurePosixPath(name).stem)
    digits = re.sub(r"[^\d]", "", found[0]) if found else ""
    return _parsed(digits, "%y%m%d%H%M%S" if len(digits) == 12 else "%Y%m%d%H%M%S")


READERS = (species, insights, birds, platform_before, platform)


def _parsed(text: str, shape: str) -> datetime | None:
    try:
        return datetime.strptime(text, shape)
    except ValueError:
        return None
