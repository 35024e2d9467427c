"""Is anything slower than at another commit? Both trees in turn, A B A B .., each figure as the
ratio now / then of the same pair.

    python tools/speed/against_commit.py COMMIT [--pairs N] [--only WORD] [--write]

COMMIT is checked out into a temporary folder and its native library is built there, so that each
tree runs its own C. --write puts the table into docs/tables/against_commit.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "against_commit.md"

SETUP = """
import json, subprocess, sys, time
import numpy as np
def timed(work, least=0.2):
    best, spent = [], 0.0
    while spent < least or len(best) < 5:
        begin = time.perf_counter()
        work()
        best.append(time.perf_counter() - begin)
        spent += best[-1]
    return sorted(best)[len(best) // 2]
def word(*words, stdin=None):
    with open(stdin or "/dev/null", "rb") as source, open("/dev/null", "wb") as out:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "sna_edge", *words]
        subprocess.run(command, stdin=source, stdout=out, check=True)
        return time.perf_counter() - begin
def loops(call, count=2000):
    return timed(lambda: [call() for _ in range(count)]) / count
"""

NATIVE = "import sna_edge; m = sna_edge.load('seven.sna', 'native'); x = np.full(7, 0.3); "
NUMPY = NATIVE.replace("native", "numpy")
IMPORT = """
code = "import numpy, time; begin = time.perf_counter(); import sna_edge; "
code += "print(time.perf_counter() - begin)"
asked = dict(capture_output=True, text=True, check=True)
run = lambda: float(subprocess.run([sys.executable, "-c", code], **asked).stdout)
answer = 1e3 * sorted(run() for _ in range(7))[3]"""
MEASURES = {
    "import sna_edge over numpy, ms": IMPORT,
    "load, ms": "import sna_edge; answer = 1e3 * timed(lambda: sna_edge.load('seven.sna'))",
    "one query, native, us": NATIVE + "answer = 1e6 * loops(lambda: m.value(x))",
    "one query by name, native, us": (
        NATIVE + "q = {f'x{d}': 0.3 for d in range(7)}; answer = 1e6 * loops(lambda: m.value(q))"
    ),
    "one query, numpy, us": NUMPY + "answer = 1e6 * loops(lambda: m.value(x), 500)",
    "one row (1, D), native, us": (
        NATIVE + "x = x[None]; answer = 1e6 * loops(lambda: m.value(x), 500)"
    ),
    "one row float32, native, us": (
        NATIVE + "x = x.astype(np.float32); answer = 1e6 * loops(lambda: m.value(x), 500)"
    ),
    "evaluate, one row, native, us": NATIVE + "answer = 1e6 * loops(lambda: m.evaluate(x), 500)",
    "100,000 rows, native, ms": (
        NATIVE + "x = np.random.default_rng(0).random((100000, 7)); answer = 1e3 * timed(lambda:"
        " m.value(x))"
    ),
    "query --table, 100,000 rows, s": (
        "answer = word('query', 'plain.sna', '--table', 'rows.csv', '-o', sys.argv[1] + '.csv')"
    ),
    "watch, 50,000 JSON lines, s": (
        "answer = word('watch', 'plain.sna', '--limits', 'limits.toml', stdin='parts.jsonl')"
    ),
    "watch --table, 100,000 rows, s": (
        "answer = word('watch', 'plain.sna', '--limits', 'limits.toml', '--table', 'rows.csv')"
    ),
    "fit, 60 rows of 2 inputs, s": (
        "answer = word('fit', 'plain.csv', '--target', 'y', '-o', sys.argv[1] + '.sna')"
    ),
    "fit, 300 noisy rows of 4 inputs, s": (
        "answer = word('fit', 'noisy.csv', '--target', 'y', '-o', sys.argv[1] + '.sna')"
    ),
    "fit, 400 clean rows of 3 inputs, s": (
        "answer = word('fit', 'clean.csv', '--target', 'y', '-o', sys.argv[1] + '.sna')"
    ),
}

INPUTS = """
import numpy as np, sna_edge
rng = np.random.default_rng(0)
def table(path, names, columns):
    words = dict(delimiter=",", header=",".join(names), comments="", fmt="%.9g")
    np.savetxt(path, np.column_stack(columns), **words)
axes = tuple(sna_edge.spline_axis(f"x{d}", "", 0.0, 1.0, spans=32) for d in range(7))
tables = tuple(rng.uniform(0.5, 1.5, (a.basis.n_rows, 32)) for a in axes)
cp = sna_edge.CP(tables, (np.arange(32),) * 7, rng.normal(size=(32, 1)))
sna_edge.Model(axes, cp, [sna_edge.Output("y")], dtypes=["float32"] * 7).save("seven.sna")
a, b = rng.uniform(1.03, 4.93, 60), rng.uniform(24.2, 89.6, 60)
table("plain.csv", "aby", [a, b, 3 * a + 0.1 * b + 0.02 * a * b])
x = rng.random((300, 4))
noise = 0.05 * rng.standard_normal(300)
noisy = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + noise
table("noisy.csv", ["p", "q", "r", "s", "y"], [*x.T, noisy])
x = rng.random((400, 3))
clean = np.exp(x[:, 0]) * np.cos(2 * x[:, 1]) + x[:, 2] ** 2
table("clean.csv", ["p", "q", "r", "y"], [*x.T, clean])
a, b = rng.uniform(1.5, 4.5, 100_000), rng.uniform(30, 85, 100_000)
table("rows.csv", "ab", [a, b])
with open("parts.jsonl", "w") as out:
    for i, (p, q) in enumerate(zip(a[:50_000], b)):
        out.write(f'{{"id": {i}, "a": {p:.6g}, "b": {q:.6g}}}\\n')
with open("limits.toml", "w") as out:
    out.write("[outputs.y]\\nUSL = 100.0\\n")
"""


def environment(tree: Path, native: Path) -> dict[str, str]:
    """The environment in which `tree` and its own native library are imported."""
    paths = [str(native), str(tree)]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def prepared(tree: Path, native: Path) -> dict[str, str]:
    """Build the native library of `tree` into `native`, and give the workstation room its import
    name there."""
    words = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(native),
        str(tree / "firmware_bindings"),
    ]
    subprocess.run([sys.executable, *words], check=True)
    (native / "sna_export").symlink_to(tree / "export")
    return environment(tree, native)


@contextlib.contextmanager
def checkout(commit: str, folder: Path) -> Iterator[Path]:
    """The tree of `commit` in `folder`."""
    subprocess.run(
        ["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(folder), commit],
        check=True,
    )
    try:
        yield folder
    finally:
        subprocess.run(
            ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(folder)], check=False
        )


def run(code: str, env: dict[str, str], where: Path, tag: str) -> float:
    """What `code` leaves in `answer`."""
    text = SETUP + code + "\nprint(json.dumps(answer))"
    done = subprocess.run(
        [sys.executable, "-c", text, tag],
        env=env,
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{tag}: {done.stderr.strip().splitlines()[-1]}")
    return float(json.loads(done.stdout.strip().splitlines()[-1]))


def row(
    name: str, code: str, now: dict[str, str], then: dict[str, str], where: Path, pairs: int
) -> list[str]:
    """Medians of both and of their ratio pair by pair."""
    found = [(run(code, now, where, "now"), run(code, then, where, "then")) for _ in range(pairs)]
    ratios = [a / b for a, b in found]
    spread = f"{min(ratios):.2f} .. {max(ratios):.2f}"
    return [
        name,
        f"{median(a for a, _ in found):.3g}",
        f"{median(b for _, b in found):.3g}",
        f"{median(ratios):.2f}",
        spread,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", default="", metavar="WORD", help="measures whose name holds WORD")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows = [
        [
            "| measure | now | then | ratio now / then | its spread |",
            "| --- | --- | --- | --- | --- |",
        ]
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        checkout(args.commit, Path(folder) / "then") as other,
    ):
        where = Path(folder) / "work"
        where.mkdir()
        now, then = (
            prepared(tree, Path(folder) / f"native-{i}") for i, tree in enumerate((ROOT, other))
        )
        subprocess.run([sys.executable, "-c", INPUTS], env=then, cwd=where, check=True)
        fit = ["-m", "sna_edge", "fit", "plain.csv", "--target", "y", "-o", "plain.sna", "--json"]
        subprocess.run(
            [sys.executable, *fit], env=then, cwd=where, check=True, stdout=subprocess.DEVNULL
        )
        for name, code in MEASURES.items():
            if args.only in name:
                rows.append(
                    ["| " + " | ".join(row(name, code, now, then, where, args.pairs)) + " |"]
                )
                print(rows[-1][0], flush=True)
    if args.write:
        TABLE.write_text(
            "\n".join(line for lines in rows for line in lines) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
