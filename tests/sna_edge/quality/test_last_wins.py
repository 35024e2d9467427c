"""Files that are read beside limits and readings: where something appears twice, the last one does
not win in silence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sna_edge import InputError

file = pytest.importorskip("sna_export.adopt.file", reason="needs sna_export and what it imports")
ARRAYS = {
    "kind": np.array("radial"),
    "names": np.array(["x"]),
    "lower": np.array([0.0]),
    "upper": np.array([1.0]),
    "weights": np.array([1.0]),
    "centres": np.array([[0.5]]),
    "lengths": np.array([[1.0]]),
    "bias": np.array(0.0),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_twice_in_a_surrogate(name: str, tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    np.savez(path, **ARRAYS)  # type: ignore[arg-type]
    assert file.read(path)
    content = io.BytesIO()
    np.save(content, ARRAYS[name])
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{name}.npy", content.getvalue())
    with pytest.raises(InputError, match=f"array '{name}' twice"):
        file.read(path)
