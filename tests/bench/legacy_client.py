"""A client of the legacy protocol, kept as light as possible so that what is measured is what it calls."""

import http.client
import json
import queue
import threading
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

FILE_TYPE = "image/jpeg"


class LegacyClient:
    """One person's calls to a portal (or the yardstick) at 127.0.0.1:`port`."""

    def __init__(self, *, port: int, username: str, password: str, country: str, deployment: str):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.fields = {
            "username": username,
            "password": password,
            "name": "Bench",
            "country": country,
            "deployment": deployment,
            "data_type": "snapshot_images",
        }

    def post(self, call: str, **fields):
        response, body = self._answer(f"/{call}/", urlencode(self.fields | fields))
        if response.status != 200:
            raise RuntimeError(f"{call}: {response.status} {body[:300]!r}")
        return json.loads(body)

    def _answer(self, path: str, form: str) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        for last_try in (False, True):
            try:
                self.connection.request("POST", path, form, headers)
                response = self.connection.getresponse()
                return response, response.read()
            except (BrokenPipeError, http.client.RemoteDisconnected):
                # The server closed a connection that was idle between two measurements.
                self.connection.close()
                if last_try:
                    raise
        raise AssertionError("unreachable")

    def exist(self, names: Sequence[str], *, batch: int) -> int:
        """How many of the names are there."""
        answers = (self.post("check-file-exist", filenames=",".join(part)) for part in batches(names, batch))
        return sum(sum(answer["results"].values()) for answer in answers)

    def presign(self, names: Sequence[str], *, batch: int) -> dict[str, str]:
        urls = {}
        for part in batches(names, batch):
            types = ",".join([FILE_TYPE] * len(part))
            urls |= self.post("generate-presigned-url", filenames=",".join(part), file_types=types)
        return urls

    def upload(self, files: dict[str, bytes], *, batch: int) -> None:
        """The whole protocol, batch by batch: ask what is there, get URLs, PUT, and look once more."""
        for names in batches(list(files), batch):
            known = self.post("check-file-exist", filenames=",".join(names))["results"]
            urls = self.presign([name for name in names if not known[name]], batch=batch)
            put_all(urls, files)
            if self.exist(names, batch=batch) != len(names):
                raise RuntimeError("not everything arrived")


def batches(items: Sequence, size: int):
    return (items[start : start + size] for start in range(0, len(items), size))


def put_all(urls: dict[str, str], files: dict[str, bytes], *, threads: int = 8) -> None:
    """PUT each file to its URL over a few kept connections; raises when any answer is not 200."""
    jobs: queue.SimpleQueue = queue.SimpleQueue()
    for item in urls.items():
        jobs.put(item)
    faults: list[str] = []

    def work() -> None:
        connection = None
        while not faults:
            try:
                name, url = jobs.get_nowait()
            except queue.Empty:
                break
            parts = urlsplit(url)
            if connection is None:
                connection = http.client.HTTPConnection(parts.netloc)
            connection.request("PUT", f"{parts.path}?{parts.query}", files[name], {"Content-Type": FILE_TYPE})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                faults.append(f"{name}: {response.status}")
        if connection is not None:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if faults:
        raise RuntimeError(faults[0])
