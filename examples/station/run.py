"""A station on a simulated laser line, embedded, without a broker: fits a model, starts
`sna-edge station`, sends it parts, and prints the address of its page.

    python examples/station/run.py [--rate 20] [--parts 0] [--port 8080] [--out out/station]

Part 800: a sensor stands still. 1200: a burst of rejects. 1600: a new batch. From 2000 on: drift.
Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from line import UNITS, Line, table

LIMITS = """explain = "last accepted"

[outputs.width]
LSL = 112.0
USL = 136.0
target = 124.0

[outputs.depth]
LSL = 56.0
USL = 76.0

[knobs.power]
step = 1.0

[knobs.speed]
step = 5.0
cost = 0.002
"""
STATION = """data = "data"

[stations.laser-1]
takt = {takt}

[stations.laser-1.plans]
"many rejects" = "Stop the line, compare speed and power with the order, measure three parts."
"many parts without a verdict" = "Measure these parts; call process engineering when it lasts."
"a sensor stands still" = "Check plug and cable of this sensor; a frozen number judges parts."
"1 point beyond a control limit" = "Look for what has changed: plate, gas, focus."
other = "Measure three parts, clean the window of the laser, tell the next shift."

[stations.laser-1.recipes.default]
model = "line.sna"
limits = "limits.toml"
learn = "width"
page = "line.html"

[http]
listen = "127.0.0.1:{port}"
page = true
"""
MEASURED = 4
"""Every so manieth part is measured."""
LATE = 8
"""Parts until its gauge answers."""


def main() -> int:
    args = arguments()
    out = Path(args.out)
    free(args.port)
    prepared(out, args)
    command = [sys.executable, "-m", "sna_edge", "station", str(out / "station.toml")]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the station ends with this one
    process = subprocess.Popen(command)
    try:
        address = f"http://127.0.0.1:{args.port}"
        waited(f"{address}/health", process)
        print(f"station: open {address} in a browser; Ctrl-C ends it", flush=True)
        counts = played(address, args)
    except KeyboardInterrupt:
        return 0
    finally:
        process.terminate()
        code = process.wait(30)
    print("station:", ", ".join(f"{n} {word}" for word, n in sorted(counts.items())))
    return code


def free(port: int) -> None:
    """Ends here where something listens at the port already: its parts would not be ours."""
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return
    sys.exit(f"station: something listens at port {port} already; end it, or give --port")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=20.0, help="parts per second")
    parser.add_argument("--parts", type=int, default=0, help="0: until it is ended")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--out", default="out/station")
    parser.add_argument("--rows", type=int, default=400, help="rows that the model is fitted to")
    parser.add_argument("--time-limit", default="30", help="seconds for the fit")
    return parser.parse_args()


def prepared(out: Path, args: argparse.Namespace) -> None:
    """Model, its page, limits and configuration, where they are not there yet."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "limits.toml").write_text(LIMITS)
    (out / "station.toml").write_text(STATION.format(port=args.port, takt=1.0 / args.rate))
    if (out / "line.html").exists():
        return
    print(f"station: fitting a model to {args.rows} rows, half a minute at most", flush=True)
    (out / "measured.csv").write_text(table(args.rows, seed=0))
    model = str(out / "line.sna")
    units = [f"{name}={unit}" for name, unit in UNITS.items()]
    sna("fit", str(out / "measured.csv"), "--target", "width", "--target", "depth", "-o", model,
        "--time-limit", args.time_limit, "--units", *units)  # fmt: skip
    sna("export", model, "--to", "page", "-o", str(out / "line.html"))


def sna(*words: str) -> None:
    """A command of sna-edge; what it prints is shown where it fails."""
    command = [sys.executable, "-m", "sna_edge", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"station: {' '.join(words)} failed\n{done.stdout}{done.stderr}")


def waited(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the station answers."""
    for _ in range(3000):  # a busy machine takes its time
        if process.poll() is not None:
            sys.exit("station: it did not start (its lines above say why)")
        try:
            urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("station: it does not answer")


def played(address: str, args: argparse.Namespace) -> Counter[str]:
    """Send parts at the asked rate, and what was measured of some of them later."""
    line, counts = Line(), Counter[str]()
    gauge: deque[tuple[int, dict[str, Any]]] = deque()
    began, n = time.monotonic(), 0
    run = time.strftime("%y%m%d-%H%M%S")
    while not args.parts or n < args.parts:
        n += 1
        readings, measured = line.part(n)
        told = [{"part": f"{run}-{n:05d}", **readings}]
        if n % MEASURED == 0:
            gauge.append((n + LATE, {"part": told[0]["part"], "measured": measured}))
        if gauge and gauge[0][0] <= n:
            told.append(gauge.popleft()[1])
        for answer in sent(f"{address}/stations/laser-1/parts", told):
            counts[answer.get("verdict", "measured")] += 1
        time.sleep(max(0.0, began + n / args.rate - time.monotonic()))
    return counts


def sent(address: str, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of some messages, sent again until they have them: each counts once."""
    body = json.dumps(told).encode()
    for _ in range(100):
        try:
            with urlopen(Request(address, body), timeout=60) as answer:
                return list(json.load(answer))
        except OSError:
            time.sleep(0.2)
    sys.exit("station: it takes no more parts")


if __name__ == "__main__":
    raise SystemExit(main())
