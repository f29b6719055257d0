"""What a large selection does to the page: its heap, its longest task, how soon the first file is on its way."""

import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.upload_page import UploadPage

MOST_HEAP_MB = 500
SCAN_PATIENCE_MS = 300_000

# From the browser's own word that there is a choice: how long it takes to list a picked folder is its own affair.
WATCH = """
globalThis.watch = { chosenAt: null, longestTaskMs: 0, longTasks: 0, mostElements: 0, heapMb: 0 };
for (const [id, type] of [['folder-input', 'change'], ['drop', 'drop']]) {
  document.getElementById(id).addEventListener(type, () => (watch.chosenAt = performance.now()), { capture: true });
}
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    if (watch.chosenAt === null || startTime < watch.chosenAt) continue;
    watch.longestTaskMs = Math.max(watch.longestTaskMs, duration);
    watch.longTasks += duration > 200;
  }
}).observe({ type: 'longtask' });
setInterval(() => {
  watch.mostElements = Math.max(watch.mostElements, document.querySelectorAll('*').length);
  watch.heapMb = Math.max(watch.heapMb, performance.memory.usedJSHeapSize / 1e6);
}, 500);
"""


@dataclass(frozen=True)
class Seen:
    first_put_s: float  # after the choice, the click on "Start" included
    longest_task_ms: float
    tasks_over_200_ms: int
    heap_mb: float
    most_elements: int

    def __str__(self) -> str:
        return (
            f"first PUT after {self.first_put_s:.1f} s, longest task {self.longest_task_ms:.0f} ms "
            f"({self.tasks_over_200_ms} over 200 ms), "
            f"heap at most {self.heap_mb:.0f} MB"
        )


class Watch:
    def __init__(self, page: Page):
        self._page = page
        self._first_put_ms: list[float] = []  # since 1970
        page.on("request", self._note)
        page.evaluate(WATCH)

    def _note(self, request) -> None:
        if request.method != "PUT":
            return
        self._first_put_ms.append(time.time() * 1000)
        self._page.remove_listener("request", self._note)

    def seen(self) -> Seen:
        metrics = self._page.context.new_cdp_session(self._page)
        metrics.send("Performance.enable")
        found = {each["name"]: each["value"] for each in metrics.send("Performance.getMetrics")["metrics"]}
        noted = self._page.evaluate("watch")
        return Seen(
            first_put_s=(self._first_put_ms[0] - self._page.evaluate("performance.timeOrigin + watch.chosenAt")) / 1000,
            longest_task_ms=noted["longestTaskMs"],
            tasks_over_200_ms=noted["longTasks"],
            heap_mb=max(noted["heapMb"], found["JSHeapUsedSize"] / 1e6),
            most_elements=noted["mostElements"],
        )


def choose_and_start(opened: UploadPage, folder: Path, *, way: str, files: int) -> None:
    if way == "drop":
        opened.drop(folder)
    else:
        opened.pick_folder(folder)
    expect(opened.review).to_contain_text(f"{files:,} files", timeout=SCAN_PATIENCE_MS)
    opened.start()
