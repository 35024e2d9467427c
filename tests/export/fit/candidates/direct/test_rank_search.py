"""Search of rank and resolution: bases from the rows, bounded work, kinks met where they are."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.fit import fit_arrays
from sna_export.fit.candidates.breaks import data_bases
from sna_export.fit.candidates.direct import trial
from sna_export.fit.candidates.direct.rank_search import rank_search, simple_search
from sna_export.fit.data.samples import Samples


def test_few_values_get_few_rows() -> None:
    rng = np.random.default_rng(0)
    x = np.c_[rng.random(500), rng.integers(0, 3, 500), rng.integers(0, 2, 500)]
    bases = data_bases(Samples.of(x, rng.random(500)), 3, 6)
    assert [b.n_rows for b in bases] == [9, 3, 2]


def test_costly_candidates_are_left_out_and_polish_ends_by_its_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [trial.affordable(60, p, 10_000, 4e11) for p in (100, 1000, 3000)] == [
        60,
        40,
        trial.LEAST_STEPS,
    ]
    x = np.random.default_rng(0).random((300, 3))
    y = np.sin(6 * x[:, 0] * x[:, 1]) + x[:, 2] + 0.3 * np.random.default_rng(1).normal(size=300)
    samples = Samples.of(x, y)
    target = (samples.y - samples.y.mean()) / samples.y.std()

    def names() -> list[str]:
        return [
            c.name
            for c in rank_search(samples, target, np.random.default_rng(2), max_parameters=400)
        ]

    assert any(n.startswith("CP rank 2") for n in names())
    monkeypatch.setattr(trial, "GROWTH_WORK", 1.0)
    assert all(n.startswith(("additive", "pairwise")) for n in names())


def test_kinks_off_the_middle_are_met_where_they_are() -> None:
    places = (0.37, 0.62, 0.2)
    rng = np.random.default_rng(2)
    x, fresh = rng.random((400, 3)), rng.uniform(0.05, 0.95, (2000, 3))

    def truth(z: np.ndarray) -> np.ndarray:
        return np.prod(1.0 + np.abs(2.0 * z - 2.0 * np.array(places)), axis=1)

    found = fit_arrays(x, truth(x))
    error = found.model.value(fresh)[:, 0] - truth(fresh)
    assert np.sqrt(np.mean(error**2)) < 1e-6 * truth(fresh).std()


def test_trials_of_the_simple_search_are_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Same starts, same solutions: a search that goes on from them ends at the same function."""
    x = np.random.default_rng(0).random((200, 3))
    samples = Samples.of(x, np.sin(6 * x[:, 0] * x[:, 1]) + x[:, 2])
    target = (samples.y - samples.y.mean()) / samples.y.std()
    made: list[str] = []
    fit_rows = trial.fit_rows

    def counting(*words: object) -> object:
        made.append("")
        return fit_rows(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(trial, "fit_rows", counting)

    def stream() -> np.random.Generator:
        return np.random.default_rng(2)

    before = simple_search(samples, target, stream(), max_parameters=400, enough=0.0)
    first = len(made)
    afresh = rank_search(samples, target, stream(), max_parameters=400)
    alone = len(made) - first
    went_on = rank_search(samples, target, stream(), max_parameters=400, before=before)
    assert len(made) - first - alone == alone - first and first >= 4
    assert [(t.name, t.error) for t in went_on] == [(t.name, t.error) for t in afresh]
