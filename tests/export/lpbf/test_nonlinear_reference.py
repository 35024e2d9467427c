"""The reference numbers of the melting problem: what is kept is plausible and complete."""

import importlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sna_export.lpbf.melting import BOX, IN718, RANGES
from sna_export.lpbf.moving_beam import Material, semi_analytic

FILE = Path(__file__).parents[3] / "tools" / "physics" / "lpbf_nonlinear_reference.json"


def test_settings_lie_in_the_ranges_and_temperatures_above_the_preheat():
    found = json.loads(FILE.read_text(encoding="utf-8"))
    points = np.array(found["points_um"]) * 1e-6
    low, high = (np.array([BOX[n][i] for n in "xyz"]) for i in (0, 1))
    assert np.all((points > low) & (points < high))
    assert len(found["settings"]) == 20
    for setting in found["settings"]:
        assert all(a <= setting[n] <= b for n, (a, b) in RANGES.items())
        assert len(setting["temperature"]) == len(points)
        assert min(setting["temperature"]) > setting["preheat"] - 0.5
        assert 0 < setting["depth_um"] < setting["width_um"] < setting["length_um"]


def test_a_finer_mesh_moves_little():
    moved = json.loads(FILE.read_text(encoding="utf-8"))["mesh"]["moved_by_a_finer_mesh"]
    assert max(max(m.values()) for m in moved) < 0.01


def test_finite_elements_meet_the_analytic_field_of_constant_properties(monkeypatch):
    pytest.importorskip("skfem")
    monkeypatch.syspath_prepend(str(FILE.parent))
    fem = importlib.import_module("lpbf_nonlinear_fem")
    plain = replace(IN718, conductivity_solid=(29.6, 0.0), heat_solid=(720.0, 0.0), latent_heat=0.0)
    monkeypatch.setattr(fem, "IN718", plain)
    at = {"power": 150.0, "speed": 0.8, "radius": 60e-6, "preheat": 300.0}
    mesh = fem.Reference(0.5)
    points = np.random.default_rng(0).uniform([-3e-4, 0, 0], [1e-4, 1e-4, 6e-5], (60, 3))
    found = mesh.at(mesh.solved(at), points) - 300.0
    rest = np.tile([at["power"], at["speed"], at["radius"], 0.0], (60, 1))
    wanted = semi_analytic(np.hstack([points, rest]), Material(29.6, 8190.0, 720.0, 0.35))
    assert np.linalg.norm(found - wanted) < 0.01 * np.linalg.norm(wanted)
