"""Old clients as the field has them, step by step: each call and each PUT is a step, so that two of them can be mixed.

All ask for every file whether it is there, then batch by batch for the URLs of those that are not, then PUT, and begin
again with those, until everything is there. They differ in how they ask.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.uploads.conftest import put
from tests.uploads.legacy_client import LegacyClient

File = tuple[str, bytes]  # its name, wherever it lay on the card, and its bytes
JPEG = {"Content-Type": "image/jpeg"}
PASSES = 8  # where the real ones go on for ever


@dataclass
class OldClient:
    """left: the files that the client still believes to be missing when it gives up; empty when it says success.

    passed_over: those whose names were there before the client first asked. It never sends them, and nobody can know.
    """

    calls: LegacyClient
    person: str
    files: Sequence[File]
    batch: int = 100
    left: list[File] = field(default_factory=list)
    passed_over: list[File] = field(default_factory=list)

    def run(self) -> Iterator[None]:
        self.left = yield from self.missing(self.files)
        self.passed_over = [file for file in self.files if file not in self.left]
        for _ in range(PASSES):
            if not self.left:
                return
            for begin in range(0, len(self.left), self.batch):
                yield from self.send(self.left[begin : begin + self.batch])
            self.left = yield from self.missing(self.left)

    def post(self, call: str, **fields):
        return self.calls.post(call, name=self.person, **fields)


class OneByOne(OldClient):
    def missing(self, files: Sequence[File]) -> Iterator[None]:
        missing = []
        for file in files:
            yield
            if not self.post("check-file-exist", filename=file[0]).json()["exists"]:
                missing.append(file)
        return missing

    def send(self, files: Sequence[File]) -> Iterator[None]:
        urls = []
        for name, content in files:
            yield
            response = self.post("generate-presigned-url", filename=name, file_type="image/jpeg")
            if response.status_code == 200:
                urls.append((response.json(), content))
        for url, content in urls:
            yield
            put(url, JPEG, content)


class Batch(OldClient):
    def missing(self, files: Sequence[File]) -> Iterator[None]:
        missing = []
        for begin in range(0, len(files), self.batch):
            yield
            part = files[begin : begin + self.batch]
            exists = self.post("check-file-exist", filenames=",".join(name for name, _ in part)).json()["results"]
            missing += [file for file in part if not exists[file[0]]]
        return missing

    def send(self, files: Sequence[File]) -> Iterator[None]:
        yield
        names = ",".join(name for name, _ in files)
        types = ",".join(["image/jpeg"] * len(files))
        response = self.post("generate-presigned-url", filenames=names, file_types=types)
        if response.status_code != 200:
            return
        urls = response.json()
        for name, content in files:
            yield
            put(urls[name], JPEG, content)


def mixed(clients: Sequence[OldClient], *, seed: int) -> None:
    """Run them at once: whose step comes next is drawn."""
    dice = random.Random(seed)
    running = [client.run() for client in clients]
    while running:
        one = dice.choice(running)
        try:
            next(one)
        except StopIteration:
            running.remove(one)


def card(*, files: int, names: int, seed: int, whose: str = "") -> list[File]:
    """A card whose files share names: recorders with reset clocks, or folders that a camera began again."""
    dice = random.Random(seed)
    numbers = [*range(names), *(dice.randrange(names) for _ in range(files - names))]
    dice.shuffle(numbers)
    return [
        (f"19700101_00{number:02}14.jpg", f"{whose} file {index} of card {seed}".encode())
        for index, number in enumerate(numbers)
    ]
