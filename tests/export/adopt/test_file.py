"""The word adopt: files of plain arrays."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sna_edge
from sna_edge import InputError
from sna_edge.cli import main
from sna_export.adopt.file import KINDS, read

COMMON = {
    "names": np.array(["a", "b"]),
    "lower": np.zeros(2),
    "upper": np.ones(2),
    "output": "depth",
    "output_unit": "um",
}


def arrays(kind: str) -> dict:
    rng = np.random.default_rng(3)
    knots = np.r_[[0.0] * 4, 0.5, [1.0] * 4]
    layers = {
        f"axis_{d}_{part}_{i}": v
        for d in range(2)
        for i, (w, b) in enumerate([((4, 1), 4), ((3, 4), 3)])
        for part, v in (("weight", rng.normal(size=w)), ("bias", rng.normal(size=b)))
    }
    special = {
        "chaos": {
            "coefficients": np.array([1.0, 2.0, 3.0]),
            "indices": np.array([[0, 0], [1, 2], [3, 0]]),
            "families": np.array(["legendre", "monomial"]),
            "parameters": np.array([[0.0, 1.0], [0.0, 0.0]]),
        },
        "train": {"core_0": rng.normal(size=(1, 4, 2)), "core_1": rng.normal(size=(2, 5, 1))},
        "spline": {
            "knots_0": knots,
            "knots_1": knots,
            "coefficients": rng.normal(size=(5, 5)),
            "degrees": np.array([3, 3]),
        },
        "network": {**layers, "weights": np.ones(3), "shift": np.zeros(2), "scale": np.ones(2)},
        "fourier": {
            "weights": np.ones(3),
            "frequencies": rng.random((2, 3)),
            "phases": rng.random((2, 3)),
        },
        "radial": {
            "weights": np.ones(3),
            "centres": rng.random((2, 3)),
            "lengths": np.ones((2, 3)),
            "bias": 0.5,
        },
    }
    return {**COMMON, "kind": kind, **special[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_a_model_within_its_error(kind: str, tmp_path, capsys) -> None:
    np.savez(tmp_path / "s.npz", **arrays(kind))
    assert (
        main(
            [
                "adopt",
                str(tmp_path / "s.npz"),
                "-o",
                str(tmp_path / "s.sna"),
                "--error",
                "1e-5",
                "--json",
            ]
        )
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    original, model = read(tmp_path / "s.npz"), sna_edge.load(tmp_path / "s.sna")
    x = original.points(2000)
    gap = np.abs(model.value(x) - original.value(x)).max() / original.span()[0]
    assert model.output_names == ["depth"]
    assert answer["adoption"] in ("exact", "certified")
    assert gap <= answer["adoption_error"] + 5e-7 * model.certificate.get(
        "kappa", 1.0
    )  # tables are stored as float32


def test_broken_files_are_one_sentence(tmp_path) -> None:
    (tmp_path / "a.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="savez"):
        read(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", **{**arrays("train"), "kind": "tree"})
    with pytest.raises(InputError, match="chaos, train"):
        read(tmp_path / "b.npz")
    incomplete = arrays("train")
    del incomplete["core_1"]
    np.savez(tmp_path / "c.npz", **incomplete)
    with pytest.raises(InputError, match="core_1"):
        read(tmp_path / "c.npz")
    np.savez(tmp_path / "d.npz", kind=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="plain"):
        read(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", **{**arrays("train"), "upper": np.array([1.0, 0.0])})
    with pytest.raises(InputError, match="'b'"):
        read(tmp_path / "e.npz")


SPOILT = {
    "nan": lambda v: np.full(v.shape, np.nan),
    "text": lambda v: np.array(["q"] * 3),
    "longer": lambda v: np.ones(7),
    "flat": lambda v: np.ones((3, 5)),
    "zero": lambda v: np.zeros(v.shape),
    "below": lambda v: -np.ones(v.shape),
    "empty": lambda v: np.zeros(0),
    "huge": lambda v: np.full(v.shape, 1e30),
    "one": lambda v: np.float64(3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.filterwarnings("error")
def test_a_spoilt_array_is_refused_in_one_sentence_or_makes_a_model(
    kind: str, how: str, tmp_path, capsys
) -> None:
    good = arrays(kind)
    for name in good:
        np.savez(tmp_path / "s.npz", **{**good, name: SPOILT[how](np.asarray(good[name]))})
        code = main(
            ["adopt", str(tmp_path / "s.npz"), "-o", str(tmp_path / "s.sna"), "--error", "1e-2"]
        )
        said = capsys.readouterr().err.strip()
        assert code in (0, 2) and "\n" not in said, (name, said)
        assert code == 2 or how not in ("nan", "empty"), name
