"""Large files as a client sends them in parts: small ones here, by smaller constants."""

import hashlib
from dataclasses import dataclass

import urllib3

HTTP = urllib3.PoolManager(retries=False)
PART_BYTES = 5 * 1024**2  # the least that S3 takes as a part which is not the last
ABOVE_BYTES = 1024**2


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@dataclass(frozen=True)
class LargeFile:
    """A file and how it is cut."""

    name: str
    content: bytes

    @property
    def parts(self) -> dict[int, bytes]:
        """{number: bytes}"""
        starts = range(0, len(self.content), PART_BYTES)
        return {number: self.content[start : start + PART_BYTES] for number, start in enumerate(starts, 1)}

    @property
    def multipart_md5(self) -> str:
        digests = [hashlib.md5(part).digest() for part in self.parts.values()]
        return f"{md5(b''.join(digests))}-{len(digests)}"

    @property
    def described(self) -> dict:
        return {
            "name": self.name,
            "size": len(self.content),
            "md5": md5(self.content),
            "multipart_md5": self.multipart_md5,
            "path": f"DCIM/{self.name}",
        }

    def altered(self, at: int = 0) -> "LargeFile":
        """Of the same name and size, one byte differs."""
        content = self.content
        return LargeFile(self.name, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


TWO_PARTS = LargeFile("20250714_220000.wav", b"RIFF" * (PART_BYTES // 4) + b"the last part")


def put_part(signed: dict, body: bytes) -> urllib3.BaseHTTPResponse:
    return HTTP.request("PUT", signed["url"], body=body, headers=signed["headers"])


class LargeUploader:
    """The calls about parts, of one client (tests.uploads.conftest.Uploader) and one file."""

    def __init__(self, client, file: LargeFile = TWO_PARTS):
        self.client, self.file = client, file
        self.upload = None

    def presign(self, **changes) -> dict:
        (result,) = self.client.results("presign", files=[self.file.described | changes])
        self.upload = result.get("upload", {}).get("id", self.upload)
        return result

    def listed(self):
        path = f"/api/v1/uploads/sessions/{self.client.session_id}/parts/"
        return self.client.http.get(path, {"upload": self.upload})

    def stored_numbers(self) -> list[int]:
        response = self.listed()
        assert response.status_code == 200, response.json()
        return [part["number"] for part in response.json()["parts"]]

    def sign(self, *numbers: int, md5s: dict[int, str] | None = None):
        asked = [{"number": n, "md5": (md5s or {}).get(n) or md5(self.file.parts[n])} for n in numbers]
        return self.client.call("parts", upload=self.upload, parts=asked)

    def send(self, *numbers: int) -> None:
        """Sign and PUT these parts, or all."""
        response = self.sign(*(numbers or self.file.parts))
        assert response.status_code == 200, response.json()
        for part in response.json()["parts"]:
            answer = put_part(part, self.file.parts[part["number"]])
            assert answer.status == 200, answer.data

    def complete(self) -> dict:
        response = self.client.call("complete", upload=self.upload)
        assert response.status_code == 200, response.json()
        return response.json()

    def confirm(self) -> str:
        (result,) = self.client.results("confirm", files=[self.file.name])
        return result["status"]

    def key(self) -> str:
        return self.client.site.key(self.file.name, self.client.data_type)
