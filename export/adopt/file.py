"""Surrogates in a safe file: one .npz of plain arrays, nothing executed on reading.

Every file: `kind`, `names` [D], `lower` [D], `upper` [D]; optional `units` [D], `output`, `output_unit`. Then by kind:

    chaos    coefficients [J], indices [J, D], families [D] ("legendre", "hermite", "monomial"), parameters [D, 2]
             (legendre: bounds of the uniform law; hermite: mean and standard deviation; monomial: unused)
    train    core_0 .. core_{D-1} [r, n, r'], grid ("uniform", "chebyshev")
    spline   knots_0 .. knots_{D-1}, coefficients [n_1, .., n_D], degrees [D]        (scipy NdBSpline)
    network  weights [R], shift [D], scale [D], axis_d_weight_l [out, in], axis_d_bias_l [out]   (tanh layers, l = 0 ..)
    fourier  weights [R], frequencies [D, R], phases [D, R]
    radial   weights [R], centres [D, R], lengths [D, R], bias                       (products of Gaussians)
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Output
from sna_edge.errors import InputError

from .atoms import Atoms, Fourier, Gaussians
from .chaos import from_chaos, hermite_powers, legendre_powers
from .mlp import network
from .separable import Adopted, Domain, full
from .tensors import from_tensor_spline, from_train

Arrays = Mapping[str, NDArray[Any]]


def read(path: str | Path) -> Adopted:
    """The surrogate in an .npz file. Raises InputError when it is not one, or an array is missing or does not fit."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a plain .npz file ({error}); write it with numpy.savez and arrays of numbers or text") from None
    kind = str(arrays.get("kind", ""))
    if kind not in KINDS:
        raise InputError(f"{path} is of kind {kind!r}; use one of {', '.join(KINDS)}")
    try:
        return KINDS[kind](arrays, _domain(arrays), Output(str(arrays.get("output", "y")), str(arrays.get("output_unit", ""))))
    except KeyError as error:
        raise InputError(f"{path} of kind {kind!r} has no array {error}; see the list of arrays in sna_export.adopt.file") from None


def _domain(arrays: Arrays) -> tuple[Domain, ...]:
    names = [str(n) for n in arrays["names"]]
    units = [str(u) for u in arrays.get("units", np.array([""] * len(names)))]
    lower, upper = arrays["lower"].astype(float), arrays["upper"].astype(float)
    if not len(names) == len(units) == len(lower) == len(upper):
        raise InputError(f"{len(names)} names need as many units, lower and upper bounds")
    return tuple(Domain(n, u, float(a), float(b)) for n, u, a, b in zip(names, units, lower, upper, strict=True))


def _chaos(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    indices = arrays["indices"].astype(int)
    powers = []
    for d, family in enumerate(arrays["families"]):
        top = int(indices[:, d].max(initial=0))
        a, b = arrays["parameters"][d].astype(float)
        tables = {
            "legendre": lambda: legendre_powers(top, a, b),  # noqa: B023
            "hermite": lambda: hermite_powers(top, a, b),  # noqa: B023
            "monomial": lambda: np.eye(top + 1),  # noqa: B023
        }
        if str(family) not in tables:
            raise InputError(f"the polynomial family {family} is unknown; use {', '.join(tables)}")
        powers.append(tables[str(family)]())
    return from_chaos(arrays["coefficients"], indices, powers, domain, (output,))


def _train(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    cores = [arrays[f"core_{d}"] for d in range(len(domain))]
    return from_train(cores, domain, grid=str(arrays.get("grid", "uniform")), output=output)


def _spline(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    from scipy.interpolate import NdBSpline

    knots = tuple(arrays[f"knots_{d}"].astype(float) for d in range(len(domain)))
    degrees = tuple(int(k) for k in arrays["degrees"])
    return from_tensor_spline(NdBSpline(knots, arrays["coefficients"].astype(float), degrees), domain, (output,))


def _network(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    atoms: list[Atoms] = []
    for d in range(len(domain)):
        depth = sum(name.startswith(f"axis_{d}_weight_") for name in arrays)
        layers = [(arrays[f"axis_{d}_weight_{i}"].astype(float), arrays[f"axis_{d}_bias_{i}"].astype(float)) for i in range(depth)]
        atoms.append(network(layers, shift=float(arrays["shift"][d]), scale=float(arrays["scale"][d])))
    return _product(atoms, arrays, domain, output, "tanh networks")


def _fourier(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    pairs = zip(arrays["frequencies"].astype(float), arrays["phases"].astype(float), strict=True)
    return _product([Fourier(w, p) for w, p in pairs], arrays, domain, output, "Fourier atoms")


def _radial(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    pairs = zip(arrays["centres"].astype(float), arrays["lengths"].astype(float), strict=True)
    output = Output(output.name, output.unit, bias=float(arrays.get("bias", 0.0)))
    return _product([Gaussians(c, length) for c, length in pairs], arrays, domain, output, "radial basis functions")


def _product(atoms: list[Any], arrays: Arrays, domain: tuple[Domain, ...], output: Output, source: str) -> Adopted:
    weights = arrays["weights"].astype(float).reshape(-1, 1)
    if len(atoms) != len(domain) or any(a.count != len(weights) for a in atoms):
        raise InputError(f"{len(domain)} inputs and {len(weights)} weights need as many axes, each with as many atoms")
    return Adopted(domain, tuple(atoms), full(len(weights), len(domain)), weights, (output,), source)


KINDS: dict[str, Callable[[Arrays, tuple[Domain, ...], Output], Adopted]] = {
    "chaos": _chaos, "train": _train, "spline": _spline, "network": _network, "fourier": _fourier, "radial": _radial,
}  # fmt: skip
