"""A fitted scikit-learn GaussianProcessRegressor: its mean is a sum of products of Gaussians, one
term per row and kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Output
from sna_edge.errors import InputError

from ..adopted import Adopted, Domain, full
from ..atoms import Gaussians

Floats = NDArray[np.float64]
Term = tuple[float, Floats | None]
"""Variance and inverse squared lengths [D] of exp(-sum_d (x - x')_d^2 / (2 l_d^2)); None for a
constant kernel."""


def from_gaussian_process(
    process: Any,
    *,
    domain: Sequence[Domain] | None = None,
    names: Sequence[str] | None = None,
    output: Output | None = None,
) -> Adopted:
    """mean(x) = offset + scale sum_t v_t sum_i alpha_i prod_d exp(-(x_d - X_id)^2 / (2 l_td^2)).

    Kernels: RBF (one or several lengths), ConstantKernel, WhiteKernel, their sums and products; the
    domain is the range of the training rows unless given. A Pipeline of scalers (Standard, MinMax,
    MaxAbs, Robust) before the process, and a search over either, are taken as they are. Raises
    InputError for other kernels and steps, by name, and for processes that are not fitted.
    """
    process, slope, shift = _unscaled(process)
    rows, alpha = np.asarray(process.X_train_, dtype=float), np.asarray(process.alpha_, dtype=float)
    if alpha.ndim == 2 and alpha.shape[1] > 1:
        raise InputError(
            f"the Gaussian process has {alpha.shape[1]} outputs; adopt one process per output"
        )
    scale, offset = (
        float(np.ravel(process._y_train_std)[0]),
        float(np.ravel(process._y_train_mean)[0]),
    )
    bias, rates, weights = _gaussians(process.kernel_, rows, alpha)
    lengths = 1.0 / np.sqrt(np.maximum(rates, 1e-300))
    lengths, rows = lengths / np.abs(slope), (rows - shift) / slope
    centres = np.tile(rows, (len(lengths) // len(rows), 1))
    labels = names or [f"x{d}" for d in range(rows.shape[1])]
    box = tuple(
        domain
        or (
            Domain(n, "", a, b)
            for n, a, b in zip(labels, rows.min(axis=0), rows.max(axis=0), strict=True)
        )
    )
    atoms = tuple(Gaussians(centres[:, d], lengths[:, d]) for d in range(rows.shape[1]))
    answer = output or Output("y")
    answer = Output(answer.name, answer.unit, scale=scale, offset=offset, bias=bias)
    source = f"Gaussian process of {len(rows)} rows"
    return Adopted(
        box,
        atoms,
        full(len(centres), len(atoms)),
        weights[:, None],
        (answer,),
        source,
    )


def _gaussians(kernel: Any, rows: Floats, alpha: Floats) -> tuple[float, Floats, Floats]:
    """The constant part of sum_i alpha_i k(x, X_i); inverse squared lengths [T N, D] and weights
    [T N] of its Gaussians, term by term."""
    bias, rates, weights = 0.0, [], []
    for variance, rate in terms(kernel, rows.shape[1]):
        if rate is None:
            bias += variance * float(alpha.sum())
        else:
            rates.append(np.repeat(rate[None], len(rows), axis=0))
            weights.append(variance * alpha.reshape(-1))
    if not rates:
        raise InputError(
            "the kernel of this Gaussian process has no RBF part; there is nothing to adopt"
        )
    return bias, np.concatenate(rates), np.concatenate(weights)


def _unscaled(given: Any) -> tuple[Any, Floats | float, Floats | float]:
    """The process, and slope and shift [D] of the line before it: it sees slope x + shift."""
    given = getattr(given, "best_estimator_", given)
    slope: Floats | float = 1.0
    shift: Floats | float = 0.0
    for name, step in getattr(given, "steps", [])[:-1]:
        a, b = _line(name, step)
        slope, shift = slope * a, shift * a + b
    process = given.steps[-1][1] if hasattr(given, "steps") else given
    if not hasattr(process, "kernel"):
        kind = type(process).__name__
        raise InputError(
            f"a {kind} is not a Gaussian process; give a GaussianProcessRegressor or a Pipeline"
            " that ends in one"
        )
    if not all(hasattr(process, a) for a in ("alpha_", "X_train_", "kernel_")):
        what = (
            "is not fitted; call fit first"
            if "Classifier" not in type(process).__name__
            else "is a classifier; give a regressor"
        )
        raise InputError(f"the Gaussian process {what}")
    return process, slope, shift


def _line(name: str, step: Any) -> tuple[Floats | float, Floats | float]:
    """Slope and shift of a fitted scaler."""
    kind = type(step).__name__
    if step is None or step == "passthrough":
        return 1.0, 0.0
    if kind in ("StandardScaler", "RobustScaler", "MaxAbsScaler") and hasattr(step, "scale_"):
        scale = 1.0 if step.scale_ is None else np.asarray(step.scale_, dtype=float)
        middle = getattr(step, "mean_" if kind == "StandardScaler" else "center_", None)
        centred = (
            bool(
                getattr(step, "with_mean" if kind == "StandardScaler" else "with_centering", False)
            )
            and middle is not None
        )
        return 1.0 / scale, -np.asarray(middle, dtype=float) / scale if centred else 0.0
    if kind == "MinMaxScaler" and hasattr(step, "scale_") and not step.clip:
        return np.asarray(step.scale_, dtype=float), np.asarray(step.min_, dtype=float)
    raise InputError(
        f"the step {name!r} ({kind}) of the Pipeline is not a fitted scaler of single inputs; adopt"
        " the process behind it"
    )


def terms(kernel: Any, inputs: int) -> list[Term]:
    """A kernel as a sum of products: [(variance, inverse squared lengths [D])]; white noise is 0
    away from the rows."""
    name = type(kernel).__name__
    if name == "Sum":
        return terms(kernel.k1, inputs) + terms(kernel.k2, inputs)
    if name == "Product":
        return [_times(a, b) for a in terms(kernel.k1, inputs) for b in terms(kernel.k2, inputs)]
    if name == "ConstantKernel":
        return [(float(kernel.constant_value), None)]
    if name == "WhiteKernel":
        return []
    if name == "RBF":
        return [
            (
                1.0,
                np.broadcast_to(
                    1.0 / np.square(np.asarray(kernel.length_scale, dtype=float)), (inputs,)
                ).copy(),
            )
        ]
    raise InputError(
        f"the kernel {name} is not a product over inputs; use RBF, ConstantKernel, WhiteKernel,"
        " their sums and products"
    )


def _times(a: Term, b: Term) -> Term:
    if a[1] is None or b[1] is None:
        return a[0] * b[0], a[1] if b[1] is None else b[1]
    return a[0] * b[0], a[1] + b[1]
