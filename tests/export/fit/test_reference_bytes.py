"""The bytes of four reference fits are frozen (tools/accuracy/reference_bytes.py --write after a
change that is meant), and neither words nor the dialect and place of the table change a byte."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sna_edge.cli import main
from sna_export.fit import fit_arrays


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    sys.path.insert(0, str(root / "tools" / "accuracy"))
    try:
        import reference_bytes
    finally:
        sys.path.pop(0)
    return reference_bytes


def test_reference_fits_have_their_frozen_bytes(tool: ModuleType) -> None:
    frozen = json.loads(tool.FROZEN.read_text(encoding="utf-8"))
    if tool.versions() != frozen["for"]:
        pytest.skip(f"frozen for {frozen['for']}, here is {tool.versions()}")
    from numpy._core._multiarray_umath import __cpu_features__ as features

    if not features.get("AVX2"):
        pytest.skip("frozen for the kernels of AVX2")
    assert tool.portable() == frozen["sha256"], (
        "if the change is meant: python tools/accuracy/reference_bytes.py --write"
    )


def test_no_sentence_is_in_the_metadata_of_a_fit() -> None:
    """The words of the moment were in the artifact: a changed word changed its bytes."""
    rng = np.random.default_rng(0)
    x = rng.random((60, 3))
    found = fit_arrays(np.c_[x, x[:, 0]], x[:, 0] * x[:, 1])
    kept = found.model.metadata["fit"]
    assert set(kept) <= {"rows", "seed", "kind", "link", "modes", "outputs", "outcomes", "dropped"}
    assert kept["dropped"] == ["x3", "x2"] and kept["kind"] == "polynomial chaos"
    assert found.report["why"] and found.report["confirmed"]["by"] and found.report["notes"]


RNG = np.random.default_rng(1)
ROWS = np.round(np.c_[RNG.uniform(0, 5, (12, 2)), np.zeros(12)], 3)
ROWS[:, 2] = np.round(2.0 * ROWS[:, 0] - ROWS[:, 1], 3)
PLAIN = "a,b,y\n" + "".join(f"{a},{b},{y}\n" for a, b, y in ROWS.tolist())


def german(text: str) -> str:
    return text.replace(",", ";").replace(".", ",")


DIALECTS: dict[str, Callable[[str], bytes]] = {
    "semicolons and decimal commas": lambda t: german(t).encode(),
    "tabs": lambda t: t.replace(",", "\t").encode(),
    "byte order mark": lambda t: t.encode("utf-8-sig"),
    "UTF-16": lambda t: t.encode("utf-16"),
    "carriage returns": lambda t: t.replace("\n", "\r").encode(),
    "both line ends": lambda t: t.replace("\n", "\r\n").encode(),
    "quotes": (
        lambda t: "\n".join(
            ",".join(f'"{c}"' for c in line.split(",")) for line in t.splitlines()
        ).encode()
    ),
    "sep line": lambda t: ("sep=;\n" + german(t)).encode(),
    "more digits": (
        lambda t: "\n".join(
            line if i == 0 else line.replace(",", "0,") for i, line in enumerate(t.splitlines())
        ).encode()
    ),
}


def fitted(table: Path) -> bytes:
    assert main(["fit", str(table), "--target", "y", "-o", str(table.with_name("m.sna"))]) == 0
    return table.with_name("m.sna").read_bytes()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    table = tmp_path_factory.mktemp("plain") / "plain.csv"
    table.write_text(PLAIN)
    return fitted(table)


@pytest.mark.parametrize("name", DIALECTS)
def test_the_same_table_in_any_dialect_and_place_gives_the_same_bytes(
    plain: bytes, tmp_path: Path, name: str
) -> None:
    table = tmp_path / "named otherwise.txt"
    table.write_bytes(DIALECTS[name](PLAIN))
    assert fitted(table) == plain
