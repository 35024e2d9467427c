"""Detectors of scikit-learn on the same rows: inputs standardised, levels as columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from familiarity_kinds import Case, Floats
from sklearn.covariance import EmpiricalCovariance
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

Score = Callable[[Floats], Floats]


def encoder(case: Case) -> Score:
    """[N, E], zero mean and unit deviation over the rows to learn."""
    sizes = {d: int(case.fitted[:, d].max()) + 1 for d in case.levels}

    def columns(x: Floats) -> Floats:
        parts = [
            (x[:, d : d + 1] == np.arange(sizes[d])).astype(float)
            if d in sizes
            else x[:, d : d + 1]
            for d in range(x.shape[1])
        ]
        return np.concatenate(parts, axis=1)

    known = columns(case.fitted)
    mean, scale = known.mean(axis=0), known.std(axis=0)
    scale[scale == 0] = 1.0
    return lambda x: np.asarray((columns(x) - mean) / scale)


def references(case: Case) -> dict[str, Score]:
    """Scores, larger where more familiar."""
    code = encoder(case)
    known = code(case.fitted)
    near = NearestNeighbors(n_neighbors=5).fit(known)
    lof = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(known)
    forest = IsolationForest(n_estimators=200, random_state=0).fit(known)
    normal = EmpiricalCovariance().fit(known)
    mixture = _mixture(known, code(case.calibration))
    return {
        "kNN distance": lambda x: -near.kneighbors(code(x))[0].mean(axis=1),
        "local outlier factor": lambda x: np.asarray(lof.score_samples(code(x))),
        "isolation forest": lambda x: np.asarray(forest.score_samples(code(x))),
        "Mahalanobis": lambda x: -normal.mahalanobis(code(x)),
        "Gaussian mixture": lambda x: np.asarray(mixture.score_samples(code(x))),
    }


def _mixture(known: Floats, others: Floats) -> GaussianMixture:
    """Full covariances; of 1, 4, 8 and 16 modes those with the largest likelihood of `others`."""
    made = [
        GaussianMixture(k, reg_covar=1e-3, random_state=0).fit(known)
        for k in (1, 4, 8, 16)
        if len(known) > 20 * k
    ]
    return max(made, key=lambda m: m.score(others))
