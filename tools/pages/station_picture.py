"""The picture of a station's page: a simulated line until its burst of rejects, in a browser.

    python tools/pages/station_picture.py [--chromium /usr/bin/chromium]

Writes docs/pictures/station_page.png. Needs playwright and Chromium, as the tests do.
"""

from __future__ import annotations

import argparse
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "pictures" / "station_page.png"
SIZE = {"width": 1024, "height": 600}
RATE = 60
"""Parts a second; the line sends wrong settings from its 1,200th part on."""
REJECTS = 8
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def free() -> int:
    """A port that nothing listens at."""
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return int(plug.getsockname()[1])


def rejects(port: int) -> float:
    """How many parts the station has rejected; -1 where it does not answer yet."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            told = answer.read().decode()
    except OSError:
        return -1.0
    return sum(float(n) for n in re.findall(r'verdict="REJECT"\} (\S+)', told))


def waited(port: int, line: subprocess.Popen[bytes], least: float) -> None:
    """Until the station has rejected so many parts."""
    while rejects(port) < least:
        if line.poll() is not None:
            sys.exit("the line has ended before its rejects")
        time.sleep(0.02)


def main() -> None:
    """Run the line, wait for its rejects, take the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    args = parser.parse_args()
    from playwright.sync_api import sync_playwright

    port = free()
    with tempfile.TemporaryDirectory() as out, sync_playwright() as play:
        words = [sys.executable, str(ROOT / "examples" / "station" / "run.py"), "--out", out,
                 "--port", str(port), "--rate", str(RATE)]  # fmt: skip
        line = subprocess.Popen(words, cwd=ROOT)
        try:
            waited(port, line, 0.0)
            browser = play.chromium.launch(executable_path=args.chromium, args=QUIET)
            page = browser.new_page(viewport=SIZE)
            page.goto(f"http://127.0.0.1:{port}/")
            waited(port, line, REJECTS)
            page.locator(".verdict", has_text="REJECT").wait_for()
            page.screenshot(path=PICTURE)
            browser.close()
        finally:
            line.send_signal(signal.SIGTERM)
            line.wait(60)
    print(f"written: {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
