"""Fit, quantize, certify, export and query without a network: nothing here opens a connection.

python examples/offline_export/run.py [--out out/offline]

or, with the network taken away by the kernel:
unshare -rn python examples/offline_export/run.py
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import socket
from pathlib import Path
from typing import Any

import numpy as np

from sna_edge.cli import main as sna

INPUTS = {"power": (100.0, 400.0), "speed": (0.4, 1.6), "spot": (0.05, 0.15)}


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default="out/offline")
    out = Path(parser.parse_args(arguments).out)
    out.mkdir(parents=True, exist_ok=True)
    table = out / "tracks.csv"
    write_table(table)
    full, small = out / "full.sna", out / "tracks.sna"
    done = {"network": network()}
    done["fit"] = word(
        "fit", table, "--target", "width", "--time-limit", "20", "-o", full, "--json"
    )
    done["quantize"] = word("quantize", full, "--to", "int16", "-o", small, "--json")
    done["verify"] = word("verify", small, "--json")
    done["exports"] = {target: exported(small, target, out) for target in ("onnx", "tflite")}
    done["query"] = word("query", small, "--json", "--at", "power=200", "speed=0.8", "spot=0.1")
    done["truth"] = float(width(200.0, 0.8, 0.1))
    print(json.dumps({k: done[k] for k in ("network", "query", "truth")}, indent=1))
    return done


def network() -> str:
    """Whether a packet could leave this process: "none" inside a network namespace without
    interfaces."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 9)
            )  # documentation address; a datagram socket sends nothing on connect
        except OSError:
            return "none"
    return "there"


def exported(model: Path, target: str, out: Path) -> Any:
    """The answer of `sna-edge export`, or what is missing for it."""
    return word("export", model, "--to", target, "-o", out, "--json")


def word(*arguments: object) -> Any:
    """One sna-edge command; its JSON answer."""
    screen, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(errors):
        code = sna([str(a) for a in arguments])
    lines = screen.getvalue().strip().splitlines()
    return (
        json.loads(lines[-1])
        if lines
        else {"status": f"exit {code}", "error": errors.getvalue().strip()}
    )


def width(power: Any, speed: Any, spot: Any) -> Any:
    """Width of a melted track in um, a smooth law of laser power [W], speed [m/s] and spot [mm]."""
    return 60.0 * np.sqrt(power / 200.0) / speed**0.3 * (1.0 + 2.0 * spot)


def write_table(path: Path, rows: int = 300) -> None:
    rng = np.random.default_rng(0)
    x = {name: low + rng.random(rows) * (high - low) for name, (low, high) in INPUTS.items()}
    y = width(**x) + 0.2 * rng.normal(size=rows)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*INPUTS, "width"])
        writer.writerows(zip(*x.values(), y, strict=True))


if __name__ == "__main__":
    main()
