"""How many lines of the reader of artifacts a folder of files reaches: python reached.py FOLDER."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

Line = tuple[str, int]


def lines_of(file: Path) -> set[Line]:
    """Lines inside the functions of a file."""
    found: set[Line] = set()

    def walk(code: CodeType) -> None:
        if code.co_flags & inspect.CO_OPTIMIZED:
            found.update((str(file), line) for *_, line in code.co_lines() if line)
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                walk(inner)

    walk(compile(file.read_text(encoding="utf-8"), str(file), "exec"))
    return found


def main() -> None:
    from fuzzed.artifacts import KEPT, Artifacts, reader_files

    files = reader_files()
    wanted, reached = {str(f) for f in files}, set[Line]()

    def inside(frame: FrameType, event: str, given: Any) -> Any:
        reached.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def entered(frame: FrameType, event: str, given: Any) -> Any:
        if frame.f_code.co_filename not in wanted:
            return None
        return inside(frame, event, given)

    target = Artifacts(Path())
    corpus = [*Path(sys.argv[1]).iterdir(), *sorted(KEPT.glob("*/*.sna"))]
    sys.settrace(entered)
    for path in corpus:
        target.ask(path.read_bytes(), 0)
    sys.settrace(None)
    there = set[Line]().union(*(lines_of(file) for file in files))
    missed = sorted(there - reached)
    for name, line in missed:
        print(f"{Path(name).name} {line}", file=sys.stderr)
    print(len(there & reached), len(there))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
