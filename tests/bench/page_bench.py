"""The upload page in Chromium, from the choice of a folder to the verdict, against a bare loop of `fetch` PUTs.

Both send the same files, in the same browser, over as many connections to the same store. The loop does nothing else:
no scan, no MD5, no grant, no ledger, no confirmation; its URLs are signed beforehand. A preflight per URL costs both.

While they work nothing is attached to the browser: Playwright would have each request told to it, bodies included,
which takes longer than the request.
"""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, Playwright, sync_playwright

from amiportal.dev.embedded.ports import free_ports
from amiportal.objectstore.presign import signer
from tests import chromium
from tests.bench.legacy_bench import FILE_BYTES, FILE_TYPE, Ratio, names_of
from tests.bench.ports import wait_for
from tests.bench.site import Place

FILES = 3_000
ROUNDS = 2  # in turns; the quickest counts, for noise only ever adds
CONNECTIONS = 6  # what browsers give one HTTP/1.1 host
PATIENCE_MS = 300_000

# Starts as soon as the page lets one, and takes the times of what a person would see.
WATCH = """
() => {
  const byId = (id) => document.getElementById(id);
  const bench = (globalThis.bench = {});
  const once = (element, isDue, then) => new MutationObserver((_, observer) => {
    if (!isDue()) return;
    observer.disconnect();
    then();
  }).observe(element, { attributes: true });
  byId('folder-input').addEventListener('change', () => (bench.chosen = performance.now()), { capture: true });
  once(byId('start'), () => !byId('start').disabled, () => byId('start').click());
  once(byId('verdict'), () => !byId('verdict').hidden, () => {
    bench.seconds = (performance.now() - bench.chosen) / 1000;
    bench.verdict = byId('verdict-title').textContent;
    document.title = 'measured';
  });
}
"""
ADD_INPUT = """
() => {
  document.title = 'measuring';
  const input = document.createElement('input');
  document.body.append(Object.assign(input, { type: 'file', webkitdirectory: true, id: 'bench-files' }));
}
"""
BARE_LOOP = """
({ urls, type, slots }) => {
  const bench = (globalThis.bench = {});
  const files = [...document.querySelector('#bench-files').files];
  const byName = new Map(files.map((file) => [file.name, file]));
  const jobs = Object.entries(urls).values();
  const began = performance.now();
  const slot = async () => {
    for (const [name, url] of jobs) {
      const answer = await fetch(url, { method: 'PUT', headers: { 'Content-Type': type }, body: byName.get(name) });
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    }
  };
  Promise.all(Array.from({ length: slots }, slot)).then(
    () => (bench.seconds = (performance.now() - began) / 1000),
    (error) => (bench.error = String(error)),
  ).finally(() => (document.title = 'measured'));
}
"""


class Chromium:
    """A Chromium of its own process, so that one can let go of it and come back."""

    def __init__(self, playwright: Playwright, port: int):
        self._playwright = playwright
        self._address = f"http://127.0.0.1:{port}"

    @contextmanager
    def page(self) -> Iterator[Page]:
        """Its one page, attached to."""
        browser = self._playwright.chromium.connect_over_cdp(self._address)
        page = browser.contexts[0].pages[0]
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()  # the connection; the process goes on

    def measure(self, begin: Callable[[Page], None]) -> dict:
        """What the page noted under `bench`, when it has said by its title that it is done."""
        with self.page() as page:
            begin(page)
        for _ in range(PATIENCE_MS // 200):
            with urllib.request.urlopen(f"{self._address}/json/list", timeout=30) as answer:
                if any(target["title"] == "measured" for target in json.load(answer)):
                    break
            time.sleep(0.2)
        with self.page() as page:
            return page.evaluate("bench")


@contextmanager
def running_chromium(playwright: Playwright, profile: str, port: int) -> Iterator[Chromium]:
    # A window that nobody sees is slowed down else.
    arguments = ["--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"]
    arguments += ["--headless=new", f"--remote-debugging-port={port}", f"--user-data-dir={profile}", "--no-first-run"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    path = chromium.find() or ""
    browser = subprocess.Popen([path, *arguments, "about:blank"], stderr=subprocess.DEVNULL)
    try:
        wait_for(port, "/json/version")
        yield Chromium(playwright, port)
    finally:
        browser.terminate()
        browser.wait(30)


def main(portal_port: int, place: Place, password: str) -> list[Ratio]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread and touches no database
    url = f"http://127.0.0.1:{portal_port}"
    best = {"page": float("inf"), "loop": float("inf")}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="ami-portal-card-") as folder:
        card = Path(folder)
        with running_chromium(playwright, str(card / "profile"), free_ports(1)[0]) as browser:
            with browser.page() as page:
                sign_in(page, url, place, password)
            for number in range(ROUNDS):
                names = fill(card / f"round{number}", f"page{number}")
                best["page"] = min(best["page"], by_page(browser, url, place, card / f"round{number}"))
                best["loop"] = min(best["loop"], by_loop(browser, place, card / f"round{number}", names))
    print(f"    page {FILES / best['page']:.0f} files/s, loop {FILES / best['loop']:.0f} PUTs/s")
    return [Ratio(f"(e) {FILES} files of 20 KB by the page, against bare fetch PUTs", best["page"], best["loop"], 0.7)]


def fill(folder: Path, label: str) -> list[str]:
    folder.mkdir()
    names = names_of(label, FILES)
    for name in names:
        (folder / name).write_bytes(os.urandom(FILE_BYTES))
    return names


def sign_in(page: Page, url: str, place: Place, password: str) -> None:
    page.goto(url)
    page.get_by_label("User name").fill(place.username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("radio", name=place.deployment).wait_for()


def by_page(browser: Chromium, url: str, place: Place, folder: Path) -> float:
    """Seconds from the browser's word that the folder was chosen to the verdict."""

    def begin(page: Page) -> None:
        page.goto(url + "/upload/")
        page.get_by_role("radio", name=place.deployment).check()
        page.get_by_role("radio", name="Snapshot images").check()
        page.get_by_label("Your name").fill("Bench")
        page.evaluate(WATCH)
        page.set_input_files("#folder-input", folder)

    measured = browser.measure(begin)
    assert measured.get("verdict") == f"{FILES:,} files stored and verified; they may be wiped", measured
    return measured["seconds"]


def by_loop(browser: Chromium, place: Place, folder: Path, names: list[str]) -> float:
    """Seconds for the PUTs alone, under other keys of the same bucket."""
    headers = {"Content-Type": FILE_TYPE}
    files = [(f"bare-loop/{name}", headers) for name in names]
    urls = signer().put_urls(bucket=place.bucket, files=files, expires_in_s=3_600, now=datetime.now(UTC))

    def begin(page: Page) -> None:
        page.evaluate(ADD_INPUT)
        page.set_input_files("#bench-files", folder)
        page.evaluate(BARE_LOOP, {"urls": dict(zip(names, urls, strict=True)), "type": FILE_TYPE, "slots": CONNECTIONS})

    measured = browser.measure(begin)
    assert "error" not in measured, measured
    return measured["seconds"]
