"""Artifacts of each released format, kept: each loads, answers what it answered when it was
written, and is written back byte by byte.

`1.0` was written by tools/release/kept_artifacts.py at the last commit before format 1.1.
`1.1` is built by hand (tests/sna_edge/format_page/kept_files.py); `answers_of_1.0.json` is what the
Python and the C reader of that same commit said to these files.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sna_edge import ArtifactError, from_bytes, load, supported_formats

from ..format_page import kept_files

HERE = Path(__file__).parent
OLD = sorted(p.stem for p in (HERE / "1.0").glob("*.sna"))
NEW = sorted(p.stem for p in (HERE / "1.1").glob("*.sna"))
ANSWERS = json.loads((HERE / "1.0" / "answers.json").read_text(encoding="utf-8"))
EXACT = ("axes", "spans", "breaks", "matrices", "tables", "interaction", "fixed", "certificate",
         "metadata", "signature")  # fmt: skip
"""Sections without numbers that follow the last bits of sums."""


@pytest.mark.parametrize("name", OLD)
def test_a_kept_file_answers_as_it_did(name: str) -> None:
    model = load(HERE / "1.0" / f"{name}.sna", backend="numpy")
    agrees(model.value(np.array(ANSWERS[name]["inputs"]), level_index=True), name)


@pytest.mark.parametrize("name", OLD)
def test_c_answers_a_kept_file_as_it_was(name: str, c_double) -> None:
    opened = c_double.open((HERE / "1.0" / f"{name}.sna").read_bytes())
    assert (opened.status, opened.rule, opened.verify()) == (0, "", 0)
    found, status = opened.value(np.array(ANSWERS[name]["inputs"]))
    assert (status >= 0).all()
    agrees(found, name)


def agrees(found: np.ndarray, name: str) -> None:
    np.testing.assert_allclose(found, ANSWERS[name]["values"], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", OLD)
def test_a_kept_file_is_written_back(name: str, by_hand) -> None:
    """Every section whose numbers are no sampled sums, to the byte."""
    data = (HERE / "1.0" / f"{name}.sna").read_bytes()
    again = from_bytes(data, backend="numpy").to_bytes()
    before, after = by_hand(data), by_hand(again)
    assert len(again) == len(data) and again[:272] == data[:272]
    for section in EXACT:
        assert after.read(section) == before.read(section), section


def test_kept_files_are_written_back_to_the_byte_by_the_same_kernels(root: Path) -> None:
    """Sums in the same order: numpy of the version they were written with, kernels of AVX2."""
    made = json.loads((HERE / "1.0" / "made_by.json").read_text(encoding="utf-8"))
    here = {"library": made["library"], "numpy": np.__version__, "machine": platform.machine()}
    from numpy._core._multiarray_umath import __cpu_features__ as features

    if here != made or not features.get("AVX2"):
        pytest.skip(f"written by {made} with kernels of AVX2; here is {here}")
    sys.path.insert(0, str(root / "tools" / "accuracy"))
    try:
        from reference_bytes import KERNELS
    finally:
        sys.path.pop(0)
    words = [sys.executable, "-c", AGAIN, str(HERE / "1.0")]
    done = subprocess.run(words, env={**os.environ, **KERNELS}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(len(OLD)), "[]"]


AGAIN = """
import sys
from pathlib import Path
from sna_edge import from_bytes
files = {p.stem: p.read_bytes() for p in Path(sys.argv[1]).glob("*.sna")}
print(len(files), [n for n, d in files.items() if from_bytes(d, backend="numpy").to_bytes() != d])
"""


@pytest.mark.parametrize("name", NEW)
def test_a_kept_file_of_1_1_is_what_the_page_makes(name: str) -> None:
    if name.startswith("signed"):
        pytest.importorskip("cryptography")
    assert (HERE / "1.1" / f"{name}.sna").read_bytes() == kept_files.file(name)


def test_readers_of_1_0_refused_every_file_of_1_1_by_name() -> None:
    recorded = json.loads((HERE / "1.1" / "answers_of_1.0.json").read_text(encoding="utf-8"))
    assert sorted(recorded) == NEW == sorted(kept_files.wholes())
    assert {r for answers in recorded.values() for r in answers.values()} == {"unsupported_feature"}


@pytest.mark.parametrize(
    ("places", "rule", "format_of_file"),
    [({10: 2, 12: 16}, "unsupported_feature", "1.2"), ({8: 2}, "unsupported_version", "2.0")],
)
def test_an_older_runtime_names_both_versions(
    places: dict[int, int], rule: str, format_of_file: str
) -> None:
    """A file of a later format says which one it has, and which ones are read here."""
    data = bytearray((HERE / "1.0" / "cp-int8.sna").read_bytes())
    for place, byte in places.items():
        data[place] = byte
    with pytest.raises(ArtifactError) as caught:
        from_bytes(bytes(data), "numpy")
    assert caught.value.rule == rule
    assert f"format {format_of_file}" in str(caught.value)
    for major, minor in supported_formats():
        assert f"{major}.{minor}" in str(caught.value)
    assert str(caught.value).endswith(("update sna-edge", "or export again"))


def test_a_file_of_every_supported_format_is_kept() -> None:
    kept = {tuple(map(int, p.name.split("."))) for p in HERE.glob("[0-9]*.[0-9]*") if p.is_dir()}
    assert kept == set(supported_formats()), "keep files of the new format beside the old ones"
