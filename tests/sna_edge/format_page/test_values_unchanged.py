"""What stands beside the values does not touch them: a file of format 1.1 and the file of format
1.0 that holds its value model alone give the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge import from_bytes

from . import example, kept_files, packed

KEPT = Path(__file__).parents[1] / "kept" / "1.1"
NAMES = ("everything", "signed", "train")


def both(name: str) -> tuple[bytes, bytes]:
    return (KEPT / f"{name}.sna").read_bytes(), packed.alone(kept_files.wholes()[name].values)


def asked() -> np.ndarray:
    return np.array(example.points(200))


def test_the_first_nine_sections_are_the_same_bytes(by_hand) -> None:
    for name in NAMES:
        full, alone = (by_hand(data) for data in both(name))
        for section in alone.names[:9]:
            assert full.read(section) == alone.read(section), section


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("name", NAMES)
def test_python_gives_the_same_bits(name: str, backend: str) -> None:
    if backend == "native":
        pytest.importorskip("sna_edge_native")
    full, alone = (from_bytes(data, backend=backend) for data in both(name))
    x = asked()
    one, other = (m.value(x, level_index=True) for m in (full, alone))
    assert one.tobytes() == other.tobytes()
    one, other = (m.value(x[0], level_index=True) for m in (full, alone))
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_c_gives_the_same_bits_in_the_same_workspace(name: str, c_double, c_float) -> None:
    for library in (c_double, c_float):
        full, alone = (library.open(data) for data in both(name))
        assert full.verify() == alone.verify() == 0
        for one, other in zip(full.value(asked()), alone.value(asked()), strict=True):
            assert one.tobytes() == other.tobytes()
        for verb in range(4):
            assert full.workspace(verb) == alone.workspace(verb)
