"""Orders in which an old client's URL, which binds no MD5, meets an upload of the new API on one key.

The judge knows the card and the store alone: what was called stored, verified or safe must be there when all is over.
"""

import hashlib
from dataclasses import dataclass, field

from tests.uploads.conftest import Uploader, described, put
from tests.uploads.legacy_client import LegacyClient

JPEG = {"Content-Type": "image/jpeg"}
# L: an old client asks for a URL. P: it PUTs the card's bytes by its newest URL. O: other bytes, by every URL it has.
# K: it asks whether the file is there. N, U, F, C: the new API's grant, PUT, report of a failure, confirmation.
# V: somebody checks the card. X: as N, by another session.
ORDERS = (
    "LPNCOV",  # the file is there when it is asked for, and overwritten after that
    "NLUFLUCO",  # the key is freed by a failure, an old client asks, the first URL is tried again
    "NUCLOV",  # verified, then asked for by an old client
    "LNPCKO",  # both ask before anything came
    "NFLPNCO",  # the failure frees the key for the old client
    "LLPKONC",  # two URLs of the old client
    "LPKNCVO",
    "NUFLPCVO",  # sent, reported as failed, and there all the same
    "LKNOPCV",
    "NLPUCKO",  # both send
    "LPXNCOVN",
    "NUCFLLOPCV",
)


@dataclass
class Play:
    """One key, one order. claimed: by what the card's content was called stored, verified or safe."""

    name: str
    uploader: Uploader
    rival: Uploader
    old: LegacyClient
    card: bytes
    granted: dict = field(default_factory=dict)
    urls: list[str] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)

    def go(self, order: str) -> None:
        for step in order:
            getattr(self, f"step_{step}")()

    def step_L(self) -> None:
        response = self.old.post("generate-presigned-url", filename=self.name, file_type="image/jpeg")
        if response.status_code == 200:
            self.urls.append(response.json())

    def step_P(self) -> None:
        if self.urls:
            put(self.urls[-1], JPEG, self.card)

    def step_O(self) -> None:
        for url in self.urls:
            put(url, JPEG, self.card[::-1] + b"other")

    def step_K(self) -> None:
        self.old.post("check-file-exist", filename=self.name)

    def step_N(self) -> None:
        self._ask(self.uploader)

    def step_X(self) -> None:
        self._ask(self.rival)

    def _ask(self, client: Uploader) -> None:
        result = client.grant(self.name, self.card)
        self._note("presign", result)
        if result["status"] == "granted":
            self.granted = result

    def step_U(self) -> None:
        if self.granted:
            put(self.granted["url"], self.granted["headers"], self.card)

    def step_F(self) -> None:
        self.uploader.call("failures", failures=[{"name": self.name, "code": "network"}])

    def step_C(self) -> None:
        self._note("confirm", self.uploader.results("confirm", files=[self.name])[0])

    def step_V(self) -> None:
        asked = {"deployment": self.old.fields["deployment"], "data_type": self.uploader.data_type}
        asked["files"] = [described(self.name, self.card)]
        self._note(
            "verify", self.uploader.http.post("/api/v1/uploads/verify/", asked, format="json").json()["files"][0]
        )

    def _note(self, step: str, result: dict) -> None:
        if result["status"] in ("stored", "verified"):
            self.claimed.add(step)

    def is_belied_by(self, objects: dict[str, bytes]) -> bool:
        """Whether somebody was told that the card's bytes are there, and they are not."""
        key = f"{self.old.fields['deployment']}/{self.uploader.data_type}/{self.name}"
        return bool(self.claimed) and _sha256(objects.get(key, b"")) != _sha256(self.card)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def overwritten(order: str, *, uploader: Uploader, rival: Uploader, old: LegacyClient, times: int) -> list[Play]:
    """The plays of one order, each on a key of its own."""
    plays = []
    for number in range(times):
        card = f"{order} {number}".encode()
        play = Play(f"2024091803{number:04}-{order}.jpg", uploader, rival, old, card)
        play.go(order)
        plays.append(play)
    return plays
