"""The C library as WebAssembly in node and in Chromium beside the same library compiled for this
machine: one query, rows of a batch, load; the size of the library.

    python tools/speed/wasm_bench.py [--write]

Writes docs/tables/wasm.md. All contenders take turns, three times; the least counts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(ROOT), str(ROOT / "tests")]

from model_kinds import KINDS  # noqa: E402

import sna_edge  # noqa: E402
from sna_edge.numerics.domain_points import domain_points  # noqa: E402
from sna_export.wasm.command import FACE, asked  # noqa: E402

ROWS, TURNS = 100, 3
TABLE = ROOT / "docs" / "tables" / "wasm.md"
LIBRARY = ROOT / "export" / "wasm"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
Times = dict[str, float]
ORIGIN = "https://model.test/"
ALONE = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of a page that no other one shares a process with: its clock has steps of 5 us, not of 100."""


def models() -> dict[str, bytes]:
    """Random models, and one with scales, familiarity and formulas."""
    beside = ROOT / "tests" / "sna_edge" / "kept" / "1.1" / "everything.sna"
    return {
        "7 inputs, 32 modes, float32": KINDS["cp float32"]().to_bytes(),
        "7 inputs, 32 modes, int8": KINDS["cp int8"]().to_bytes(),
        "3 inputs, tensor train": KINDS["train"]().to_bytes(),
        "6 inputs, scales, familiarity, formulas": beside.read_bytes(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the table")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in FACE:
            shutil.copy(LIBRARY / file, folder)
        shutil.copy(HERE / "wasm_bench.mjs", folder / "bench.js")
        native = compiled(folder)
        found = {kind: one(folder, native, data) for kind, data in models().items()}
    text = markdown(found)
    print(text)
    if write:
        TABLE.write_text(text + "\n", encoding="utf-8")
    return 0


def compiled(folder: Path) -> Path:
    """The native program, with the flags of the native backend."""
    target = folder / "native"
    flags = "-std=gnu11 -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast -Wno-psabi"
    words = ["cc", *flags.split(), "-I", str(ROOT / "firmware_bindings")]
    subprocess.run([*words, str(HERE / "wasm_native.c"), "-o", str(target)], check=True)
    return target


def one(folder: Path, native: Path, data: bytes) -> dict[str, Times]:
    """{contender: {what: nanoseconds}} of one model, the least of all turns."""
    (folder / "m.sna").write_bytes(data)
    model = sna_edge.from_bytes(data, backend="numpy")
    x = domain_points(tuple(asked(model)), ROWS)
    derived = set() if model.readings is None else set(model.readings.formulas)
    readings = np.zeros((ROWS, x.shape[1] + len(derived)))
    own = [d for d in range(readings.shape[1]) if d not in derived]
    readings[:, own] = x
    readings.tofile(folder / "readings")
    (folder / "rows.json").write_text(json.dumps(x.tolist()))
    found: dict[str, Times] = {}
    for _ in range(TURNS):
        for contender, times in (
            ("C", run([native, folder / "m.sna", folder / "readings", str(ROWS)])),
            ("node", in_node(folder)),
            ("Chromium", in_chromium(folder)),
        ):
            best = found.setdefault(contender, dict(times))
            best.update({what: min(best[what], t) for what, t in times.items()})
    return found


def run(words: list[Any]) -> Times:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True)
    times: Times = json.loads(done.stdout)
    return times


def in_node(folder: Path) -> Times:
    """Nothing where there is no node."""
    node = shutil.which("node")
    if node is None:
        return {}
    program = shutil.copy(folder / "bench.js", folder / "wasm_bench.mjs")
    names = ("sna.js", "sna.wasm", "m.sna", "rows.json")
    return run([node, program, *(folder / name for name in names)])


def in_chromium(folder: Path) -> Times:
    """Nothing where there is no Chromium or no playwright."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return {}
    if found is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", lambda route: serve(route, folder))
        page.goto(ORIGIN)
        times: Times = page.evaluate(
            """async () => {
              const bytes = async (n) => new Uint8Array(await (await fetch(n)).arrayBuffer());
              const [{ open }, { measured }] = [await import('/sna.js'), await import('/bench.js')];
              const rows = await (await fetch('/rows.json')).json();
              return measured(open, await bytes('/m.sna'), await bytes('/sna.wasm'), rows);
            }"""
        )
        browser.close()
    return times


def serve(route: Any, folder: Path) -> None:
    """A file of the folder; an empty page for its root."""
    name = route.request.url.removeprefix(ORIGIN)
    if not name:
        body = "<!doctype html><title>t</title>"
        route.fulfill(body=body, content_type="text/html", headers=ALONE)
        return
    kind = "text/javascript" if name.endswith(".js") else "application/octet-stream"
    route.fulfill(body=(folder / name).read_bytes(), content_type=kind, headers=ALONE)


WORDS = {
    "value": "value",
    "gradient": "value and gradient",
    "interval": "value, interval and familiarity",
    "batch": "value, a row of 100",
}


def markdown(found: dict[str, dict[str, Times]]) -> str:
    """A row for each model and kind of query."""
    size = (LIBRARY / "sna.wasm").read_bytes()
    lines = [
        f"sna.wasm has {len(size):,} bytes ({len(gzip.compress(size, 9, mtime=0)):,} compressed),"
        f" its JavaScript {sum((LIBRARY / f).stat().st_size for f in FACE if f.endswith('.js')):,}."
        f" Microseconds on {processor()}; C is sna.c as it is on every device, the host layer that"
        " of the native backend with vectors.",
        "",
        "| model | query | C | C, host layer | node | Chromium | Chromium / C |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind, columns in found.items():
        c, node, chromium = columns["C"], columns["node"], columns["Chromium"]
        for what, words in WORDS.items():
            base = c["value" if what == "batch" else what]
            host = us(c, "host") if what == "value" else ""
            ratio = f"{chromium[what] / base:.2f}" if chromium else ""
            shown = "" if what == "batch" else us(c, what)
            cells = [kind, words, shown, host, us(node, what), us(chromium, what), ratio]
            lines.append("| " + " | ".join(cells) + " |")
    loads = ", ".join(
        f"{name} {max(c[name]['load'] for c in found.values()) / 1e6:.1f} ms"
        for name in ("node", "Chromium")
        if next(iter(found.values()))[name]
    )
    lines += ["", f"Compiling the library and opening a model, the slowest of these: {loads}."]
    return "\n".join(lines)


def us(times: Times, what: str) -> str:
    return f"{times[what] / 1e3:.2f}" if what in times else ""


def processor() -> str:
    """The name of the processor."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    line = next((n for n in text.splitlines() if n.startswith("model name")), ": ?")
    return line.split(":")[1].strip()


if __name__ == "__main__":
    sys.exit(main())
