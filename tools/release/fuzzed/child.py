"""One target in a process of its own: asks it about changed inputs, under atheris (guided by the
coverage of sna_edge) where that is installed, and leaves what it counted in FOLDER/counts.json."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import resource
import signal
import sys
import time
import traceback
import tracemalloc
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Protocol

MEASURED = 128
"""Every so many inputs the peak memory is measured, which slows them."""
HANG, STUCK = 1.0, 10
"""Seconds of the processor: from the first on an input counts as a hang; at the second it ends."""
MOST_FOUND = 50
TARGETS = {"reader": ("artifacts", "Artifacts"), "lines": ("device", "Lines"),
           "limits": ("device", "Limits"), "store": ("device", "StoreLog"),
           "manifest": ("device", "Manifests"), "keys": ("device", "Keys"),
           "learned": ("device", "Learned")}  # fmt: skip


CODE: dict[str, list[str]] = {
    **{name: ["sna_edge", "sna_export"] for name in TARGETS}, "reader": ["sna_edge.artifact"]
}  # fmt: skip
"""What guides: packages whose coverage is followed."""


class Target(Protocol):
    """`ask` gives a word for how an input ended, or raises SnaError; all else is a fault."""

    seeds: list[bytes]

    def changed(self, data: bytes, rng: Random) -> bytes: ...

    def ask(self, data: bytes, number: int) -> str: ...


class Stuck(BaseException):
    """An input that does not end."""


class Run:
    """Asks the target, counts, keeps inputs that were answered in a new way and those that are
    faults."""

    def __init__(self, target: Target, folder: Path, count: int) -> None:
        from sna_edge.errors import SnaError

        self.refusal = SnaError
        self.target, self.folder, self.count = target, folder, count
        self.done = 0
        self.said: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.places: set[tuple[str, str]] = set()
        self.slowest = self.memory = 0.0
        self.start, self.first_rss = time.process_time(), _rss()

    def __call__(self, data: bytes) -> None:
        measured = self.done % MEASURED == 0
        if measured:
            tracemalloc.start()
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, STUCK)
        try:
            self.said[self._outcome(data)] += 1
        except (Exception, Stuck) as error:
            self._fault(data, type(error).__name__, "".join(traceback.format_exception(error)))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        spent = time.process_time() - start
        if measured:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.memory = max(self.memory, peak / (10 * len(data) + 2**24))
            if peak > 10 * len(data) + 2**24:
                self._fault(data, "memory", f"{peak} bytes for an input of {len(data)}")
        elif spent > HANG:
            self._fault(data, "hang", f"{spent:.2f} s of the processor")
        self.slowest = self.slowest if measured else max(self.slowest, spent)
        self.done += 1
        if self.done == self.count:
            self.finish()

    def _outcome(self, data: bytes) -> str:
        """A word, and the input kept where that is said from a new place."""
        try:
            word, place = self.target.ask(data, self.done), ""
        except self.refusal as error:
            word = getattr(error, "rule", type(error).__name__)
            last = error.__traceback__
            while last is not None and last.tb_next is not None:
                back, last = last, last.tb_next
                if last.tb_next is None:
                    place = f"{back.tb_frame.f_code.co_filename} {back.tb_lineno}"
        if (word, place) not in self.places and len(self.places) < 4000:
            self.places.add((word, place))
            name = f"said-{hashlib.sha256(data).hexdigest()[:16]}"
            (self.folder / "corpus" / name).write_bytes(data)
        return word

    def _fault(self, data: bytes, kind: str, text: str) -> None:
        self.faults[kind] += 1
        if sum(self.faults.values()) <= MOST_FOUND:
            name = self.folder / f"{kind}-{hashlib.sha256(data).hexdigest()[:16]}"
            name.write_bytes(data)
            name.with_suffix(".txt").write_text(text, encoding="utf-8")

    def finish(self) -> None:
        """Leave the counts, and the process."""
        told: dict[str, Any] = {
            "inputs": self.done, "said": dict(self.said.most_common()), "faults": self.faults,
            "slowest_s": self.slowest, "memory": self.memory,
            "seconds": time.process_time() - self.start,
            "grown_mb": (_rss() - self.first_rss) >> 20,
        }  # fmt: skip
        (self.folder / "counts.json").write_text(json.dumps(told), encoding="utf-8")
        sys.stdout.flush()
        os._exit(0)


def _rss() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _stuck(number: int, frame: object) -> None:
    raise Stuck


def made(name: str, folder: Path) -> Target:
    module, kind = TARGETS[name]
    target: Target = getattr(importlib.import_module(f"fuzzed.{module}"), kind)(folder)
    return target


def guided(name: str, folder: Path, count: int, seed: int) -> None:
    """Under atheris: inputs that reach new code are changed further."""
    import atheris

    with atheris.instrument_imports(include=CODE[name]):
        target = made(name, folder / "work")
    run = _begun(target, folder, count)

    def changed(data: bytes, most: int, number: int) -> bytes:
        return target.changed(data, Random(number))

    words = ["fuzz", f"-seed={seed}", "-mutate_depth=1", "-reduce_inputs=0", "-max_len=65536",
             "-timeout=120", "-rss_limit_mb=0", "-verbosity=0", f"-artifact_prefix={folder}/",
             str(folder / "corpus")]  # fmt: skip
    atheris.Setup(words, run, custom_mutator=changed)
    atheris.Fuzz()


def unguided(name: str, folder: Path, count: int, seed: int) -> None:
    """Changed good inputs, and those that were answered in a new way."""
    target = made(name, folder / "work")
    run, rng = _begun(target, folder, count), Random(seed)
    corpus = list(target.seeds)
    while True:
        known, data = len(run.places), target.changed(rng.choice(corpus), rng)
        run(data)
        if len(run.places) > known:
            corpus.append(data)


def _begun(target: Target, folder: Path, count: int) -> Run:
    for i, data in enumerate(target.seeds):
        (folder / "corpus" / f"kept-{i:02d}").write_bytes(data)
    signal.signal(signal.SIGPROF, _stuck)
    return Run(target, folder, count)


def main() -> None:
    name, folder, count, seed, way = sys.argv[1:6]
    place = Path(folder)
    for part in ("corpus", "work"):
        (place / part).mkdir(parents=True, exist_ok=True)
    run = guided if way == "guided" else unguided
    run(name, place, int(count), int(seed))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
