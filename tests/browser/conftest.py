"""A real browser for tests: `visit` opens a file, or a folder of files, in headless Chromium and
watches it. When the test ends nothing may stand in the console, and no request may have left it.

    def test_it(visit, tmp_path):
        seen = visit(tmp_path / "page.html", size="phone")
        seen.page.get_by_role("slider").first.press("ArrowRight")
        assert seen.serious() == []           # axe-core
        seen.shot("page phone")               # build/screenshots/page-phone.png
"""

from __future__ import annotations

import mimetypes
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build" / "screenshots"
ORIGIN = "http://model.test"
"""Where the files of a folder are served, without a network."""
SIZES = {"desk": (1280, 800), "panel": (1024, 600), "phone": (390, 844), "wall": (1920, 1080)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DRAWN = """async (rest) => {
  for (let i = 0; i < 3; i++)
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, i ? 0 : rest)));
  const ends = (one) => one.effect.getComputedTiming().endTime !== Infinity;
  const moving = document.getAnimations().filter(ends);
  await Promise.all(moving.map((one) => one.finished.catch(() => null)));
}"""
"""Frames ask for frames, and what lasts for a while comes to its end."""
PATIENCE = 120_000
"""Milliseconds that one act in the browser may take on a busy machine."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium; tests are skipped in one line where it or playwright is absent."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="no playwright here (pip install '.[browser]')"
    )
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine (sudo apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The page of a moulding machine (moulding.py)."""
    from .moulding import Made

    return Made(tmp_path_factory.mktemp("page") / "moulding.html")


@dataclass
class Seen:
    """A page that is watched: what its console says and what it asks of others."""

    page: Any
    own: str
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def note(self, message: Any) -> None:
        """Errors and warnings of the console."""
        if message.type in ("error", "warning"):
            self.console.append(f"{message.type}: {message.text}")

    def until(self, expression: str, seconds: float = 60.0) -> Any:
        """The value of a JavaScript expression once it is true: page.wait_for_function, which the
        policy of our pages refuses. Raises AssertionError where it stays false."""
        end = monotonic() + seconds
        while not (value := self.page.evaluate(expression)):
            assert monotonic() < end, f"{expression} stays false; console: {self.console}"
            self.page.wait_for_timeout(20)
        return value

    def drawn(self, rest: int = 0) -> None:
        """Return when all that was asked for before is drawn, and what `rest` milliseconds without
        another question bring: told by the clock of the page, which keeps its order."""
        self.page.evaluate(DRAWN, rest)

    def shot(self, name: str) -> Path:
        """A picture of the whole page in build/screenshots."""
        path = SHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)
        return path

    def serious(self) -> list[str]:
        """What axe-core finds that is serious or critical: rule, and the elements."""
        axe = pytest.importorskip(
            "axe_playwright_python.sync_playwright",
            reason="no axe-playwright-python here (pip install '.[browser]')",
        )
        found = axe.Axe().run(self.page).response["violations"]
        return [
            f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'])}"
            for rule in found
            if rule["impact"] in SERIOUS
        ]


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Seen]]:
    """visit(file, folder or address, size="desk", **options of a browser context) -> Seen.

    Of an address, http://127.0.0.1:8080, everything of that server is the page's own. A file is
    opened from the disk, as a user does. Of a folder `index.html` is opened (or what
    `at` names), served at ORIGIN, since modules in files of their own are not loaded from disks.
    """
    opened: list[tuple[Seen, Any]] = []

    def made(
        path: Path | str, *, size: str = "desk", at: str = "index.html", **options: Any
    ) -> Seen:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        folder = path if isinstance(path, Path) and path.is_dir() else None
        address = f"{ORIGIN}/{at}" if folder else path
        if isinstance(address, Path):
            address = address.resolve().as_uri()
        seen = Seen(page, address.split("#")[0])
        opened.append((seen, context))
        page.on("console", seen.note)
        page.on("pageerror", lambda error: seen.console.append(f"uncaught: {error}"))
        context.route("**/*", lambda route: _answer(route, seen, folder))
        page.goto(address)
        return seen

    yield made
    for _, context in opened:
        context.close()
    for seen, _ in opened:
        assert seen.console == []
        assert seen.foreign == []


def _server(own: str) -> tuple[str, ...]:
    """How addresses of a real server begin that the page came from."""
    return (f"{own.rstrip('/')}/",) if own.startswith("http://127.0.0.1:") else ()


def _answer(route: Any, seen: Seen, folder: Path | None) -> None:
    """The page itself, or a file of its folder; everything else is foreign and refused."""
    address = route.request.url.split("#")[0].split("?")[0]
    if folder and address.startswith(f"{ORIGIN}/"):
        file = folder / unquote(address.removeprefix(f"{ORIGIN}/"))
        if file.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            kind = {".js": "text/javascript", ".wasm": "application/wasm"}.get(file.suffix, kind)
            route.fulfill(body=file.read_bytes(), content_type=kind)
            return
    elif address == seen.own or address.startswith(("data:", "blob:", *_server(seen.own))):
        route.continue_()
        return
    seen.foreign.append(address)
    route.abort()
