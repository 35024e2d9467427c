"""How large and how quick the page of a model is, in headless Chromium: docs/tables/page.md.

    python tools/speed/page_bench.py

The model has eight inputs, 32 modes, intervals that follow the inputs, familiarity and 400 measured
rows. A redraw is all that the page's main thread does for a move: script, layout, paint, and the
pixels of all canvases read back, so that nothing is put off; processor time, mean of the moves,
which other programs do not lengthen as they do the time until it is drawn (median of the moves). A
million multiplications and additions in the page are the yardstick.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import types
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHECKS = types.ModuleType("checks")
CHECKS.__path__ = [str(ROOT / "tests")]  # another package may be called tests
sys.modules["checks"] = CHECKS
TABLE = ROOT / "docs" / "tables" / "page.md"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
VISITS, COUNT = 3, 30
READY = f"document.body.dataset.state === 'ready' && {PAINT} > 0"
MOVES = """async (moves) => {
  const frame = (f) => new Promise((done) => requestAnimationFrame(() => done(f())));
  const shown = () => [...document.querySelectorAll('canvas')].filter((c) => c.clientWidth);
  const read = () => shown().forEach((c) => c.getContext('2d').getImageData(0, 0, 1, 1));
  const { lower, upper } = sna.model.inputs[0];
  const times = [];
  for (let n = 0; n < moves; n++) {
    const begun = frame(() => performance.now());
    sna.set(0, lower + (upper - lower) * (((n + 1) * 0.618) % 1));
    const ended = frame(() => (read(), performance.now()));
    times.push(-(await begun) + (await ended));
  }
  return times;
}"""
YARDSTICK = """() => {
  const begun = performance.now();
  let x = 1;
  for (let n = 0; n < 1e6; n++) x = x * 1.0000001 + 1e-9;
  return [performance.now() - begun, x][0];
}"""


def main() -> int:
    from playwright.sync_api import sync_playwright

    models = import_module("checks.browser.page_models")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        path = models.page_of(models.MODELS["eight"](), Path(name))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        measured = [measure(browser, path) for _ in range(VISITS)]
        browser.close()
        rows = {key: statistics.median(one[key] for one in measured) for key in measured[0]}
        TABLE.write_text(table(path.stat().st_size, rows), encoding="utf-8")
    print(TABLE.read_text(encoding="utf-8"))
    return 0


def measure(browser: Any, path: Path) -> dict[str, float]:
    """Times of one visit in ms."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.as_uri())
    while not page.evaluate(READY):  # the policy of the page refuses wait_for_function
        page.wait_for_timeout(10)
    found = {"first paint": page.evaluate(PAINT)}
    page.evaluate(YARDSTICK)
    found["yardstick"] = spent(clock, lambda: page.evaluate(YARDSTICK))
    for view in ("profiler", "contour"):
        page.evaluate("(view) => sna.show(view)", view)
        page.wait_for_timeout(300)
        page.evaluate(MOVES, 5)
        times: list[float] = []
        cpu = spent(clock, lambda times=times: times.extend(page.evaluate(MOVES, COUNT)))  # type: ignore[misc]
        found[view], found[f"{view} wall"] = cpu / COUNT, statistics.median(times)
    page.close()
    return found


def spent(clock: Any, work: Callable[[], object]) -> float:
    """ms of processor time that the main thread of the page needs for `work`."""

    def now() -> float:
        metrics = clock.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

    begun = now()
    work()
    return 1000.0 * (now() - begun)


def table(size: int, ms: dict[str, float]) -> str:
    """The table in Markdown."""
    rows = [
        ("page: model, kernel, views, measured rows", f"{size / 1000:.0f} KB", "", "250 KB"),
        ("first paint", "", f"{ms['first paint']:.0f} ms", "500 ms"),
        move("all curves with intervals", ms, "profiler", "16 ms"),
        move("the contour map, 200 x 200", ms, "contour", "60 ms"),
        ("yardstick: 1e6 multiplications and additions", f"{ms['yardstick']:.1f} ms", "", ""),
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    head = "| what | size, or processor time | until drawn, as loaded as the machine was | aim |"
    return "\n".join([head, "|---|---|---|---|", *lines]) + "\n"


def move(what: str, ms: dict[str, float], view: str, aim: str) -> tuple[str, str, str, str]:
    """One row: a slider moves."""
    return f"a slider moves: {what}", f"{ms[view]:.1f} ms", f"{ms[f'{view} wall']:.1f} ms", aim


if __name__ == "__main__":
    sys.exit(main())
