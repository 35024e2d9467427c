"""Surrogates in a safe file: one .npz of plain arrays, nothing executed on reading.

Every file: `kind`, `names` [D], `lower` [D], `upper` [D]; optional `units` [D], `output`,
`output_unit`. Then by kind:

    chaos    coefficients [J], indices [J, D], families [D] ("legendre", "hermite", "monomial"),
             parameters [D, 2] (legendre: bounds of the uniform law; hermite: mean and standard
             deviation; monomial: unused)
    train    core_0 .. core_{D-1} [r, n, r'], grid ("uniform", "chebyshev")
    spline   knots_0 .. knots_{D-1}, coefficients [n_1, .., n_D], degrees [D]  (scipy NdBSpline)
    network  weights [R], shift [D], scale [D], axis_d_weight_l [out, in], axis_d_bias_l [out]
             (tanh layers, l = 0 ..)
    fourier  weights [R], frequencies [D, R], phases [D, R]
    radial   weights [R], centres [D, R], lengths [D, R], bias  (products of Gaussians)
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Output
from sna_edge.errors import InputError

from .adopted import Adopted, Domain, full
from .atoms import Atoms, Fourier, Gaussians
from .surrogates.chaos import from_chaos, hermite_powers, legendre_powers
from .surrogates.tanh_network import network
from .surrogates.tensor_spline import from_tensor_spline
from .surrogates.tensor_train import from_train

Floats = NDArray[np.float64]
LARGEST_DEGREE = 200


class Arrays(dict[str, NDArray[Any]]):
    """The arrays of a file; asking for one checks it."""

    def numbers(self, name: str, *shape: int | None) -> Floats:
        """A finite float64 array of that shape, None for any length. Raises KeyError,
        InputError."""
        found = self[name]
        if found.dtype.kind not in "biuf":
            raise InputError(f"the array {name!r} holds no numbers; save it as numbers")
        if found.ndim != len(shape) or any(
            n not in (None, m) for n, m in zip(shape, found.shape, strict=True)
        ):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise InputError(f"the array {name!r} has the shape {found.shape}; it needs ({wanted})")
        numbers = found.astype(float)
        if not np.isfinite(numbers).all():
            raise InputError(f"the array {name!r} holds NaN or infinity; give finite numbers")
        return numbers

    def whole(self, name: str, *shape: int | None) -> NDArray[np.int64]:
        """A small non-negative integer array of that shape."""
        numbers = self.numbers(name, *shape)
        if (
            np.any(numbers != np.rint(numbers))
            or np.any(numbers < 0)
            or np.any(numbers > LARGEST_DEGREE)
        ):
            raise InputError(
                f"the array {name!r} holds degrees; give whole numbers from 0 to {LARGEST_DEGREE}"
            )
        return numbers.astype(np.int64)

    def text(self, name: str, otherwise: str) -> str:
        """One text, `otherwise` where it is missing."""
        found = self.get(name)
        if found is not None and (found.dtype.kind not in "US" or found.ndim):
            raise InputError(f"the array {name!r} needs one text")
        return otherwise if found is None else str(found)

    def texts(self, name: str, count: int | None = None) -> list[str]:
        """Text of `count` entries."""
        found = self[name]
        if found.dtype.kind not in "US" or found.ndim != 1 or count not in (None, len(found)):
            raise InputError(
                f"the array {name!r} needs"
                f" {'a text per input' if count is None else f'{count} texts'}"
            )
        return [str(t) for t in found]


def read(path: str | Path) -> Adopted:
    """The surrogate in an .npz file. Raises InputError when it is not one, or an array is missing
    or does not fit."""
    try:
        with np.load(path, allow_pickle=False) as file:
            twice = [name for i, name in enumerate(file.files) if name in file.files[:i]]
            arrays = Arrays({name: file[name] for name in file.files})
    except (ValueError, EOFError, zipfile.BadZipFile, AttributeError):
        raise InputError(
            f"{path} is not a plain .npz file; write it with numpy.savez and arrays of numbers or"
            " text"
        ) from None
    if twice:
        raise InputError(
            f"{path} holds the array {twice[0]!r} twice; write it again with each array once"
        )
    kind = str(arrays.get("kind", ""))
    if kind not in KINDS:
        raise InputError(f"{path} is of kind {kind!r}; use one of {', '.join(KINDS)}")
    try:
        return KINDS[kind](
            arrays,
            _domain(arrays),
            Output(arrays.text("output", "y"), arrays.text("output_unit", "")),
        )
    except (
        ValueError,
        np.linalg.LinAlgError,
    ) as error:  # what scipy says of arrays that do not fit each other
        raise InputError(
            f"the arrays of {path} do not fit each other"
            f" ({str(error).splitlines()[0].rstrip('.')}); correct them"
        ) from None
    except KeyError as error:
        raise InputError(
            f"{path} of kind {kind!r} has no array {error}; see the list of arrays in"
            " sna_export.adopt.file"
        ) from None


def _domain(arrays: Arrays) -> tuple[Domain, ...]:
    names = arrays.texts("names")
    units = arrays.texts("units", len(names)) if "units" in arrays else [""] * len(names)
    lower, upper = (arrays.numbers(end, len(names)) for end in ("lower", "upper"))
    return tuple(
        Domain(n, u, float(a), float(b))
        for n, u, a, b in zip(names, units, lower, upper, strict=True)
    )


def _chaos(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    coefficients = arrays.numbers("coefficients", None)
    indices = arrays.whole("indices", len(coefficients), len(domain))
    parameters = arrays.numbers("parameters", len(domain), 2)
    powers = []
    for d, family in enumerate(arrays.texts("families", len(domain))):
        top = int(indices[:, d].max(initial=0))
        a, b = parameters[d]
        tables = {
            "legendre": lambda: legendre_powers(top, a, b),  # noqa: B023
            "hermite": lambda: hermite_powers(top, a, b),  # noqa: B023
            "monomial": lambda: np.eye(top + 1),  # noqa: B023
        }
        if family not in tables:
            raise InputError(f"the polynomial family {family} is unknown; use {', '.join(tables)}")
        if family != "monomial" and not (b > a if family == "legendre" else b > 0):
            raise InputError(
                f"the parameters {a:g}, {b:g} of {domain[d].name!r} fit no {family} polynomials;"
                " see sna_export.adopt.file"
            )
        powers.append(tables[family]())
    return from_chaos(coefficients, indices, powers, domain, (output,))


def _train(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    cores = [arrays.numbers(f"core_{d}", None, None, None) for d in range(len(domain))]
    return from_train(cores, domain, grid=arrays.text("grid", "uniform"), output=output)


def _spline(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    from scipy.interpolate import NdBSpline

    knots = tuple(arrays.numbers(f"knots_{d}", None) for d in range(len(domain)))
    degrees = tuple(int(k) for k in arrays.whole("degrees", len(domain)))
    return from_tensor_spline(
        NdBSpline(knots, arrays.numbers("coefficients", *[None] * len(domain)), degrees),
        domain,
        (output,),
    )


def _network(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    atoms: list[Atoms] = []
    shift, scale = (arrays.numbers(name, len(domain)) for name in ("shift", "scale"))
    if np.any(scale == 0):
        raise InputError("the array 'scale' holds 0; give the half width of each input, or 1")
    for d in range(len(domain)):
        depth = sum(name.startswith(f"axis_{d}_weight_") for name in arrays)
        layers = [
            (
                arrays.numbers(f"axis_{d}_weight_{i}", None, None),
                arrays.numbers(f"axis_{d}_bias_{i}", None),
            )
            for i in range(depth)
        ]
        atoms.append(network(layers, shift=float(shift[d]), scale=float(scale[d])))
    return _product(atoms, arrays, domain, output, "tanh networks")


def _fourier(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    pairs = zip(
        *(arrays.numbers(name, len(domain), None) for name in ("frequencies", "phases")),
        strict=True,
    )
    return _product([Fourier(w, p) for w, p in pairs], arrays, domain, output, "Fourier atoms")


def _radial(arrays: Arrays, domain: tuple[Domain, ...], output: Output) -> Adopted:
    centres, lengths = (arrays.numbers(name, len(domain), None) for name in ("centres", "lengths"))
    if np.any(lengths <= 0) or centres.shape != lengths.shape:
        raise InputError(
            f"lengths {lengths.shape} must be positive and as many as centres {centres.shape}"
        )
    output = Output(
        output.name, output.unit, bias=float(arrays.numbers("bias")) if "bias" in arrays else 0.0
    )
    return _product(
        [Gaussians(c, r) for c, r in zip(centres, lengths, strict=True)],
        arrays,
        domain,
        output,
        "radial basis functions",
    )


def _product(
    atoms: list[Any], arrays: Arrays, domain: tuple[Domain, ...], output: Output, source: str
) -> Adopted:
    weights = arrays.numbers("weights", None).reshape(-1, 1)
    if any(a.count != len(weights) for a in atoms):
        raise InputError(
            f"{len(weights)} weights need as many atoms on every axis, not"
            f" {', '.join(str(a.count) for a in atoms)}"
        )
    return Adopted(
        domain, tuple(atoms), full(len(weights), len(domain)), weights, (output,), source
    )


KINDS: dict[str, Callable[[Arrays, tuple[Domain, ...], Output], Adopted]] = {
    "chaos": _chaos,
    "train": _train,
    "spline": _spline,
    "network": _network,
    "fourier": _fourier,
    "radial": _radial,
}
