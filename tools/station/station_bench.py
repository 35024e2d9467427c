"""A station under load: how soon verdicts come, how many parts a second get a record that lasts,
how much memory it takes.

python tools/station/station_bench.py [--seconds 20] [--parts 200000] [--page] [--write]
python tools/station/station_bench.py --seconds 600 --parts 2000000 --page --write    # 18 minutes

A station on a model of seven inputs and 32 modes, on one core; clients, and with `--page` a browser
that shows its live page, on the others. First 500 parts a second over HTTP on loopback, one a
message, 32 connections, for `--seconds`: from the message that is there whole to its verdict,
handed to the writer, as the station counts it (bins of 9 %), and from sending to the answer, which
comes after the commit, as a client counts it. Then messages of 500 parts as fast as they are
answered, `--parts` in all, and the memory meanwhile. Yardsticks of the same run: one bare
`Line.lines` for each part at the same pace; `sna-edge watch` on the same lines. Run it alone.
--write: docs/tables/station.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from free_port import free_port
from load import Line, requests

import sna_edge
from sna_edge.quality import Line as Bare
from sna_edge.quality import read_limits
from sna_edge.station.judging.latency import Latency

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "station.md"
RATE, CONNECTIONS, INPUTS, MODES = 500, 32, 7, 32
TOGETHER, AT_ONCE, EACH = 500, 8, 50_000
"""Parts of a long message, connections that send them, parts from one look at the memory to the
next."""
JSON, CHROMIUM = "application/json", "/usr/bin/chromium"
NAMES = [f"x{i}" for i in range(INPUTS)]
HELD = (0.5, 0.99, 0.999)


def model() -> sna_edge.Model:
    """Seven inputs, 32 modes of cubic splines; 90 % of residuals within 0.1."""
    draw = np.random.default_rng(1)
    axes = [sna_edge.spline_axis(name, "mm", 0.0, 1.0, spans=8) for name in NAMES]
    tables = [0.5 + draw.random((a.basis.n_rows, MODES)) for a in axes]
    cp = sna_edge.CP.full(tables, draw.standard_normal((MODES, 1)) / MODES)
    output = sna_edge.Output("width", "mm", interval=sna_edge.Interval(0.9, 0.1, 0.1))
    return sna_edge.Model(axes, cp, [output])


def lines(count: int, seed: int = 1) -> list[str]:
    """Parts as lines of JSON."""
    draw = random.Random(seed)
    return [
        json.dumps({"part": f"{seed}-{i}", **{n: round(draw.random(), 6) for n in NAMES}})
        for i in range(count)
    ]


class Station:
    """`sna-edge station` in a process of its own, on the first core where there are more."""

    def __init__(self, folder: Path, page: bool) -> None:
        self.port = free_port()
        (folder / "station.toml").write_text(
            'data = "data"\n[stations.press.recipes.default]\nmodel = "line.sna"\n'
            f'limits = "limits.toml"\n[http]\nlisten = "127.0.0.1:{self.port}"\n'
            f"page = {str(page).lower()}\n"
        )
        words = [sys.executable, "-m", "sna_edge", "station", str(folder / "station.toml")]
        self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            os.sched_setaffinity(self.process.pid, cores[:1])
            os.sched_setaffinity(0, cores[1:])  # of the clients, and the browser that they start
        while True:
            try:
                self.get("/health")
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("the station has not started")
                time.sleep(0.1)

    def get(self, path: str) -> str:
        """The body of an answer."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        client.request("GET", path)
        return client.getresponse().read().decode()

    def metric(self, name: str) -> float:
        """A number of /metrics."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics"), re.MULTILINE)
        return float(found[1]) if found else float("nan")

    def memory(self) -> float:
        """Resident MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024.0

    def busy(self) -> float:
        """Seconds of processor that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """As systemd ends it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


@contextmanager
def opened(port: int, page: bool) -> Iterator[Callable[[], str]]:
    """The live page in a browser, where asked for; what gives the id of the part that it shows."""
    if not page:
        yield lambda: ""
        return
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=quiet)
        seen = browser.new_page()
        seen.goto(f"http://127.0.0.1:{port}/")
        yield lambda: seen.locator(".verdict .part").inner_text(timeout=10_000)
        browser.close()


def bare(folder: Path, texts: list[str], every: float) -> Latency:
    """One `Line.lines` for each part at the same pace: what a verdict costs by itself."""
    found = sna_edge.load(folder / "line.sna")
    line, latency = (
        Bare(found, read_limits(folder / "limits.toml", found), advice_ms=0.0),
        Latency(),
    )
    line.lines(texts[:2])
    start = time.perf_counter()
    for i, text in enumerate(texts):
        wait = start + i * every - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        at = time.perf_counter_ns()
        line.lines([text])
        latency.add(time.perf_counter_ns() - at)
    return latency


def synced(folder: Path, times: int = 50) -> Latency:
    """4 KB written and synced, as a commit is: what the disk lets anybody do now."""
    latency = Latency()
    with open(folder / "synced", "wb", buffering=0) as file:
        for _ in range(times):
            at = time.perf_counter_ns()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            latency.add(time.perf_counter_ns() - at)
    return latency


def watched(folder: Path, texts: list[str]) -> float:
    """Parts a second of `sna-edge watch` on the same lines."""
    words = [sys.executable, "-m", "sna_edge", "watch", str(folder / "line.sna"), "--limits",
             str(folder / "limits.toml")]  # fmt: skip

    def run(some: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(words, input="\n".join(some).encode(), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    return len(texts) / max(run(texts) - run(texts[:1]), 1e-9)


def milliseconds(latency: Latency) -> list[str]:
    """p50, p99, p99.9."""
    return [f"{1000 * latency.quantile(share):.2f}" for share in HELD]


@dataclass
class Found:
    """What was measured; times as p50, p99, p99.9 in ms."""

    verdict: list[str]
    answer: list[str]
    alone: list[str]
    disk: list[str]
    load: float
    late: float
    rate: float
    piped: float
    parts: int
    memory: list[tuple[int, float]]


def at_pace(station: Station, folder: Path, seconds: float, found: dict[str, Any]) -> int:
    """500 parts a second for so long; how many."""
    line = Line(station.port, CONNECTIONS)
    line.send(requests(lines(RATE, 9), JSON), 1.0 / RATE)
    paced, line.late = lines(int(RATE * seconds)), 0.0
    before, start = station.busy(), time.perf_counter()
    answer = line.send(requests(paced, JSON), 1.0 / RATE)
    found["load"] = (station.busy() - before) / (time.perf_counter() - start)
    found["answer"], found["late"] = milliseconds(answer), 1000.0 * line.late
    line.close()
    named = 'sna_station_verdict_seconds{{quantile="{:g}"}}'
    found["verdict"] = [f"{1000 * station.metric(named.format(share)):.2f}" for share in HELD]
    found["disk"] = milliseconds(synced(folder))
    found["alone"] = milliseconds(bare(folder, paced[: 20 * RATE], 1.0 / RATE))
    return len(paced) + RATE


def at_once(station: Station, parts: int, sent: int, found: dict[str, Any]) -> None:
    """Messages of many parts as fast as they are answered, the memory after each 50,000."""
    rates, end = [], sent + parts
    while sent < end:
        many = lines(some := min(end - sent, EACH), 1000 + sent)
        texts = ["\n".join(many[i : i + TOGETHER]) for i in range(0, some, TOGETHER)]
        messages = list(requests(texts, "application/x-ndjson"))
        line, start = Line(station.port, AT_ONCE), time.perf_counter()
        line.send(messages, 0.0)
        rates.append(some / (time.perf_counter() - start))
        line.close()
        sent += some
        found["memory"].append((sent, station.memory()))
    found["rate"], found["parts"] = float(np.median(rates)), sent


def measured(folder: Path, args: argparse.Namespace) -> Found:
    """All of it."""
    model().save(folder / "line.sna")
    (folder / "limits.toml").write_text("[outputs.width]\nLSL = -10\nUSL = 10\n")
    station = Station(folder, args.page)
    found: dict[str, Any] = {"memory": [(0, station.memory())]}
    with opened(station.port, args.page) as shown:
        sent = at_pace(station, folder, args.seconds, found)
        found["memory"].append((sent, station.memory()))
        at_once(station, args.parts, sent, found)
        if args.page and "-" not in shown():
            sys.exit("the page shows no part")
    found["piped"] = watched(folder, lines(50_000, 7))
    station.stop()
    return Found(**found)


def table(found: Found, args: argparse.Namespace) -> str:
    """As it stands in the docs."""
    most = max(mb for _, mb in found.memory)
    half = [mb for parts, mb in found.memory if parts <= found.parts / 2][-1]
    rows = [
        ("reading to verdict at 500 parts/s, ms: p50, p99, p99.9", ", ".join(found.verdict),
         "p99 1, p99.9 5"),
        ("a bare `Line.lines` at the same pace, ms", ", ".join(found.alone), ""),
        ("reading to answer, its record on the disk, ms", ", ".join(found.answer), ""),
        ("4 KB written and synced on that disk, ms", ", ".join(found.disk), ""),
        ("of the one core at 500 parts/s", f"{found.load:.0%}", ""),
        ("parts a second with records on the disk, one core", f"{found.rate:,.0f}", "5,000"),
        ("the same lines through `sna-edge watch`, no records", f"{found.piped:,.0f}", ""),
        ("resident memory at the start, MB", f"{found.memory[0][1]:.0f}", "120"),
        (f"after {found.memory[1][0]:,} parts, MB", f"{found.memory[1][1]:.0f}", "120"),
        (f"after half of {found.parts:,} parts, MB", f"{half:.0f}", "120"),
        ("after all of them, and the most, MB", f"{found.memory[-1][1]:.0f}, {most:.0f}", "120"),
    ]  # fmt: skip
    head = ["| what | measured | to reach |", "|---|---|---|"]
    page = "the live page open in a browser" if args.page else "no page open"
    note = (
        f"{args.seconds:g} s at 500 parts/s over HTTP, one a message, {page}, then messages of"
        f" {TOGETHER} parts. The station has one core, clients and browser have the other; they"
        f" sent at most {found.late:.1f} ms late. Load average {os.getloadavg()[0]:.0f}."
    )
    return "\n".join([*head, *(f"| {a} | {b} | {c} |" for a, b, c in rows), "", note, ""])


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--parts", type=int, default=200_000)
    parser.add_argument("--page", action="store_true", help="with the live page in a browser")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        told = table(measured(Path(name), args), args)
    print(told)
    if args.write:
        TABLE.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
