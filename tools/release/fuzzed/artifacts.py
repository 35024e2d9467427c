"""The reader of artifacts as a target: kept files and parts changed section by section, checksums
made again; every one gets to every rule of the structure, every eighth becomes a model, too, of
which a part is asked at points."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

import numpy as np
from file_fields import sections
from fuzzed.parts import ask_at_points, parts, with_boxes
from fuzzed.texts import changed_text
from mutations import Source, mutated, rebuilt, sealed

import sna_edge
from sna_edge.artifact import checks
from sna_edge.errors import ArtifactError

ROOT = Path(__file__).resolve().parents[3]
KEPT = ROOT / "tests" / "sna_edge" / "kept"
ARTIFACT = ROOT / "sna_edge" / "artifact"
TEXTS = (9, 10)
"""Certificate and metadata: their places in the section table."""
WHOLE = 8
LONGEST = 1 << 15
WRITERS = {"writer.py", "canonical_form.py", "storage_width.py", "grouping.py", "rewriting.py",
           "integer_section.py", "limits.py", "write.py", "build.py", "disk.py"}  # fmt: skip
"""Files of sna_edge/artifact that read nothing."""


def reader_files() -> list[Path]:
    """The files of sna_edge that read artifacts."""
    return [p for p in sorted(ARTIFACT.rglob("*.py")) if p.name not in WRITERS]


def rules() -> list[str]:
    """Every rule that the reader names."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in reader_files())
    found = re.findall(r'"(bad_\w+|too_short|unsupported_\w+|golden_mismatch)"', text)
    return list(dict.fromkeys([*found, "golden_mismatch"]))


class Artifacts:
    """Every file: '' rule or a named one."""

    def __init__(self, folder: Path) -> None:
        np.seterr(all="ignore")  # changed tables may hold anything
        files = sorted(KEPT.glob("*/*.sna"))
        self.sources = [Source(p.stem, p.read_bytes()) for p in files]
        self.sources += [Source(name, data) for name, data in parts().items()]
        self.seeds = [s.data for s in self.sources]
        self._shares = [1 / len(s.data) ** 1.5 for s in self.sources]
        self._found: dict[bytes, Source | None] = {}

    def changed(self, data: bytes, rng: Random) -> bytes:
        """Of a kept file, smaller ones more often; every second one of a file that was found."""
        source = self._source(data) if rng.random() < 0.5 else None
        if source is None:
            source = rng.choices(self.sources, self._shares)[0]
        way = rng.random()
        if way < 0.03:
            return _texts(source.data, rng)
        if way < 0.06:
            return _head(source.data, rng)
        out = mutated(source, rng)[:LONGEST]
        return with_boxes(out) if way < 0.5 and "boxes" in source.parts else out

    def _source(self, data: bytes) -> Source | None:
        """Where the numbers of a found file stand; None where a rule refuses it."""
        if data not in self._found:
            if len(self._found) > 500:
                self._found.clear()
            try:
                checks.validate(data)
                self._found[data] = Source("", data)
            except ArtifactError:
                self._found[data] = None
        return self._found[data]

    def ask(self, data: bytes, number: int) -> str:
        try:
            if number % WHOLE:
                checks.validate(data)
                return "accepted by every rule of the structure"
            ask_at_points(sna_edge.from_bytes(data, backend="numpy"))
        except ArtifactError as error:
            return error.rule
        return "accepted"


def _texts(data: bytes, rng: Random) -> bytes:
    """Certificate or metadata changed value by value."""
    contents = [data[at : at + size] for at, size in sections(data)]
    i = rng.choice(TEXTS)
    text = changed_text(contents[i], rng)
    if rng.random() < 0.7:
        text = _canonical(text)
    contents[i] = text
    return sealed(rebuilt(data, contents))


def _canonical(text: bytes) -> bytes:
    from sna_edge.artifact.canonical_form import canonical

    try:
        return bytes(canonical(json.loads(text)))
    except Exception:  # what has no canonical form stays as it is
        return text


def _head(data: bytes, rng: Random) -> bytes:
    """Cut inside the header, or one of its numbers changed."""
    if rng.random() < 0.4:
        return data[: rng.randrange(300)]
    out = bytearray(data)
    at = rng.choice((0, 7, 8, 10, 12, 13, 15, 16, 20))
    out[at] = rng.choice((out[at] ^ 1 << rng.randrange(8), rng.randrange(256)))
    return sealed(out)
