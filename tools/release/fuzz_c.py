"""The reader in C under libFuzzer: guided by coverage, changed section by section with checksums
made again (firmware_bindings/fuzz/fuzz_open.c).

    python tools/release/fuzz_c.py [--runs N] [--seconds S] [--seed N] [--sanitizers WORDS]

Prints how often each rule refused, the longest time, and how many lines of the reader the found
files reach (gcov). Needs clang; says so and leaves with 0 where there is none. Any fault of the
library, a read beyond the file, undefined behaviour and a file that takes a second end it with 1
and leave the file in --found.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "firmware_bindings" / "fuzz" / "fuzz_open.c"
KEPT = ROOT / "tests" / "sna_edge" / "kept"
TABLE = ROOT / "docs" / "tables" / "fuzz_c.md"
NAMES = ("clang", *(f"clang-{n}" for n in range(22, 12, -1)))
TRAPS = "undefined -fsanitize-undefined-trap-on-error"
NOT_C = {"bad_metadata"}
"""C reads no text."""
SLICE = 500_000
LONGEST = 1 << 15
READER = ("open.c", "verify.c", "signature.c", "axes.c", "checksum.c", "companions.c", "integers.c",
          "layout.c", "outputs.c")  # fmt: skip


def compiler() -> str | None:
    """clang, of whatever version."""
    return next((name for name in NAMES if shutil.which(name)), None)


def built(folder: Path, sanitizers: str) -> Path | None:
    """The program; None where clang has no libFuzzer."""
    name = compiler()
    if name is None:
        return None
    words = ["-g", "-O2", *f"-fsanitize=fuzzer,{sanitizers}".split(), str(SOURCE), "-lm"]
    done = subprocess.run(
        [name, *words, "-o", str(folder / "fuzz_open")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    return folder / "fuzz_open"


def slice_of(program: Path, folder: Path, runs: int, seconds: int, seed: int) -> dict[str, float]:
    """What one process has counted. Raises SystemExit where it found a fault."""
    words = [f"-runs={runs}", f"-max_total_time={seconds}", f"-seed={seed}", "-mutate_depth=2",
             "-reduce_inputs=0", f"-max_len={LONGEST}", "-timeout=120", "-verbosity=0",
             f"-artifact_prefix={folder}/", str(folder / "corpus")]  # fmt: skip
    done = subprocess.run(
        [str(program), *words], capture_output=True, text=True, check=False,
        env={**os.environ, "FUZZ_FILES": str(folder / "files.txt")},
    )  # fmt: skip
    found = [text for text in done.stdout.splitlines() if text.startswith("{")]
    if done.returncode or not found:
        raise SystemExit(f"a fault, seed {seed}, the file is in {folder}:\n{done.stderr[-3000:]}")
    answer: dict[str, float] = json.loads(found[-1])
    return answer


def coverage(folder: Path) -> tuple[int, int]:
    """(lines of the reader that the found files reach, lines it has), by gcov; (0, 0) without
    it."""
    if not (shutil.which("gcc") and shutil.which("gcov")):
        return 0, 0
    made = folder / "covered"
    made.mkdir(exist_ok=True)
    lines = f'#include "{ROOT}/firmware_bindings/src/sna.c"\n' + (
        ROOT / "firmware_bindings" / "fuzz" / "replay.h"
    ).read_text(encoding="utf-8")
    (made / "replay.c").write_text(lines, encoding="utf-8")
    include = f"-I{ROOT / 'firmware_bindings'}"
    words = ["-std=c99", "-O0", "--coverage", include, "replay.c", "-lm", "-o", "replay"]
    subprocess.run(["gcc", *words], cwd=made, check=True, capture_output=True)
    files = [*(folder / "corpus").iterdir(), *sorted(KEPT.glob("*/*.sna"))]
    for i in range(0, len(files), 500):
        subprocess.run(["./replay", *map(str, files[i : i + 500])], cwd=made, check=True)
    notes = next(made.glob("*.gcda"))
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", notes.name], cwd=made, capture_output=True, check=True
    )
    reached = total = 0
    for text in done.stdout.splitlines():
        for file in json.loads(text)["files"]:
            path = Path(file["file"])
            if path.name in READER and path.parent.name in ("src", "checks"):
                reached += sum(line["count"] > 0 for line in file["lines"])
                total += len(file["lines"])
    return reached, total


def page(total: Counter[str], slowest: float, covered: tuple[int, int]) -> str:
    """The table of docs/tables."""
    rows = ["| the reader in C | |", "| --- | --- |"]
    rows.append(f"| files | {total['files']:,} |")
    rows.append("| crashes, reads beyond the file, undefined behaviour | 0 |")
    rows.append(f"| longest file, s of the processor | {slowest:.3f} |")
    if covered[1]:
        rows.append(f"| lines of the reader reached | {covered[0]:,} of {covered[1]:,} |")
    for name, count in total.items():
        if name not in ("files", "unnamed", *NOT_C):
            rows.append(f"| {'accepted' if name == 'accepted' else f'`{name}`'} | {count:,} |")
    return "\n".join(rows) + "\n"


def prepared(folder: Path) -> None:
    """The kept artifacts as first files, and their list."""
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    seeds = [path for path in sorted(KEPT.glob("*/*.sna")) if path.stat().st_size <= LONGEST]
    for path in seeds:
        shutil.copy(path, folder / "corpus" / f"kept-{path.parent.name}-{path.name}")
    (folder / "files.txt").write_text("".join(f"{path}\n" for path in seeds), encoding="utf-8")


def campaign(args: argparse.Namespace, folder: Path) -> int:
    """Slices until --runs or --seconds are over, --workers at a time on one corpus."""
    program = built(folder, args.sanitizers)
    if program is None:
        print("fuzz_c: no clang with libFuzzer here (sudo apt install clang); left out")
        return 0
    prepared(folder)
    total, slowest, end = Counter[str](), 0.0, time.monotonic() + (args.seconds or 1e9)
    sizes = [min(SLICE, args.runs - at) for at in range(0, args.runs, SLICE)]

    def one(number: int) -> dict[str, float]:
        seconds = int(end - time.monotonic()) if args.seconds else 0
        if args.seconds and seconds <= 0:
            return {"slowest_s": 0.0}
        return slice_of(program, folder, sizes[number], seconds, args.seed + number)

    with ThreadPoolExecutor(args.workers) as pool:
        for done in as_completed([pool.submit(one, n) for n in range(len(sizes))]):
            try:
                found = done.result()
            except SystemExit:
                pool.shutdown(cancel_futures=True)  # what has not begun would hide the fault
                raise
            slowest = max(slowest, found.pop("slowest_s"))
            total.update({name: int(count) for name, count in found.items()})
            print(f"{total['files']:,} of {args.runs:,} files", file=sys.stderr, flush=True)
            if args.write:
                TABLE.write_text(page(total, slowest, (0, 0)), encoding="utf-8")
    text = page(total, slowest, coverage(folder))
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=0, help="stop then; 0: never")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--sanitizers", default=TRAPS, help="for instance address,undefined")
    parser.add_argument(
        "--found", help="folder of the files found; kept (default: a temporary one)"
    )
    parser.add_argument("--write", action="store_true", help="write docs/tables/fuzz_c.md")
    args = parser.parse_args()
    if args.found:
        return campaign(args, Path(args.found).resolve())
    with tempfile.TemporaryDirectory() as folder:
        return campaign(args, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
