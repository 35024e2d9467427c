"""Draw the inputs of a model from distributions, as many as 1e9 times, and say how its outputs are
distributed: moments, quantiles, probabilities of limits, extremes with their inputs. In place of
random samples all points of a grid or Sobol' points may be taken. Any number of partitions,
processes or machines gives the same digits. Example: sna-edge sweep depth.sna --input
'power=normal(200, 5)' 'speed=uniform(900, 1100)' gas=Ar --samples 1e8 --spec depth=40:60"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from math import floor, isnan, log10
from typing import TYPE_CHECKING

from ...errors import InputError
from ...model import Model
from ...quality.limits import read_limits
from ...values.documents import read_document
from ..arguments import add_json, add_model, assignment, assignments, writable
from ..console import emit, table
from ..options.stated import WORKERS, choice, several, state, value
from ..trusted.options import add_trust, load_model

if TYPE_CHECKING:
    from sna_export.monte_carlo import Distribution, Probability, Sweep

HELP = "distributions of outputs from distributions of inputs: Monte Carlo"
BACKENDS = ("auto", "numpy", "native")
DIGITS, MOST_DIGITS = 6, 17
SHARE = 1e-3
"""Of a deviation, to which values are told where nothing else says how far."""
QUIET = 2.0
"""Seconds between two lines of progress, and before the first."""

INPUTS = (
    several("--input", "NAME=DIST", "what an input is drawn from: uniform(low, high), normal(mean,"
            " sd), truncated(mean, sd, low, high), triangular(low, mode, high), levels(A: 0.2, B:"
            " 0.8), column(FILE), column(FILE, COLUMN), a number or a level; or all points of a"
            " grid: grid(low, high, n), grid(n) over the domain, grid for all levels"),
    value("--inputs", "FILE.toml", "the same as a file of entries NAME = 'DIST'"),
    value("--rest", "DIST", "what inputs not named are drawn from; uniform is their whole domain"),
)  # fmt: skip
SAMPLES = (
    value("--samples", "N", "how many (default: 1e6, 2^20 Sobol' points, or every point of a"
          " grid)"),
    choice("--design", ("random", "sobol"), "random samples, or Sobol' points, which fill the space"
           " of the inputs more evenly: means err less; best 2^n of them (default: %(default)s)",
           default="random"),
    value("--replicates", "R", "Sobol' points under R independent shifts, for standard errors:"
          " samples are R 2^n", type=int, default=1),
    value("--seed", "N", "another draw", type=int, default=0),
)  # fmt: skip
ASKED = (
    several("--spec", "NAME=LOW:HIGH", "limits of an output, one of which may be left out: their"
            " probabilities"),
    value("--limits", "FILE.toml", "limits of a line, as more of them"),
    value("--quantiles", "P", "shares, such as 0.5 0.999", nargs="+", type=float),
)  # fmt: skip
WORK = (
    value("--folder", "DIR", "keep finished partitions; the same command goes on there"),
    value("--plot", "FILE", "histograms with limits as a picture: .svg, .png or .pdf"),
    WORKERS,
    value("--partitions", "N", "pieces of the work", type=int),
    value("--dask", "ADDRESS", "work on a Dask cluster"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge sweep`."""
    add_model(parser)
    add_trust(parser)
    state(parser, INPUTS, SAMPLES, ASKED, WORK)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Draw, count, tell; returns the exit code."""
    if args.backend not in BACKENDS:
        raise InputError(
            f"a sweep has no backend {args.backend!r}; give --backend auto, numpy or native"
        )
    model = load_model(args, args.backend)
    from sna_export.monte_carlo import sweep
    from sna_export.monte_carlo.found import PROBABILITIES, document

    if args.plot:
        _need_picture(args)
    found = sweep(
        model, _inputs(args, model), _samples(args.samples), seed=args.seed, rest=args.rest,
        specs=_specs(args, model), backend=args.backend,
        probabilities=args.quantiles or PROBABILITIES, folder=args.folder,
        workers=_workers(args.workers), partitions=args.partitions, dask=args.dask,
        progress=_Told(), design=args.design, replicates=args.replicates,
    )  # fmt: skip
    if args.plot:
        from sna_export.monte_carlo.picture import histogram
        from sna_export.plot import save

        save(histogram(found), args.plot)
    emit(args, {"status": "ok", **document(found)}, _lines(found))
    return 0


def _need_picture(args: argparse.Namespace) -> None:
    """Raises, before anything is drawn, where the picture could not be written."""
    from sna_export.plot.canvas import format_of, style

    format_of(writable(args.plot, args.model, args.inputs, args.limits))
    with style():  # raises without matplotlib
        pass


def _inputs(args: argparse.Namespace, model: Model) -> dict[str, object]:
    """Of the file, overruled by the options."""
    names = model.input_names
    told = dict(read_document(args.inputs)) if args.inputs else {}
    wrong = [n for n, d in told.items() if isinstance(d, bool) or not isinstance(d, TEXT)]
    if wrong:
        raise InputError(
            f"{args.inputs}: {wrong[0]} is no distribution; write {wrong[0]} = 'normal(200, 5)', a"
            " number or a level"
        )
    return {**told, **assignments(args.input, names)}


TEXT = (str, int, float)


def _samples(text: str | None) -> int | None:
    """'1e9' -> 1000000000."""
    if text is None:
        return None
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        number = 0.5
    if not number.is_integer():
        raise InputError(f"--samples is {text}; give a whole number, such as 1000000 or 1e9")
    return int(number)


def _workers(given: int | None) -> int:
    if given is not None and given < 1:
        raise InputError(f"--workers is {given}; give 1 or more")
    from sna_export.partitions import cores

    return given or cores()


def _specs(args: argparse.Namespace, model: Model) -> list[tuple[str, float, float]]:
    specs = [_spec(text, model) for text in args.spec]
    if args.limits:
        limits = read_limits(args.limits, model).outputs
        specs += [(one.name, one.lsl, one.usl) for one in limits if one.sides]
    return specs


def _spec(text: str, model: Model) -> tuple[str, float, float]:
    name, ends = assignment(text, model.output_names)
    low, colon, high = ends.partition(":")
    try:
        if not colon:
            raise ValueError
        return name, float(low or "-inf"), float(high or "inf")
    except ValueError:
        raise InputError(
            f"--spec {text!r} is not understood; write NAME=LOW:HIGH, NAME=LOW: or NAME=:HIGH"
        ) from None


WHAT = {"random": "samples", "sobol": "Sobol' points", "grid": "points of a grid"}


class _Told:
    """Lines of progress on stderr, none where it is quickly over."""

    def __init__(self) -> None:
        self._begin = self._last = time.monotonic()
        self._before = -1

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if self._before < 0:
            self._before = done
        if self._before < done < of and now - self._last >= QUIET:
            left = (now - self._begin) * (of - done) / (done - self._before)
            print(
                f"{done} of {of} partitions, about {left:.0f} s left", file=sys.stderr, flush=True
            )
            self._last = now


def _lines(found: Sweep) -> Iterator[str]:
    from sna_export.monte_carlo.designs import nearest, power_of_two

    statuses = ", ".join(f"{n:,} {word}" for word, n in found.statuses.items())
    what = WHAT[found.design]
    if found.replicates > 1:
        what += f" in {found.replicates} replicates"
    yield f"{found.samples:,} {what}, seed {found.seed} ({found.backend}): {statuses}"
    if found.design == "sobol" and not power_of_two(found.samples // found.replicates):
        yield f"{nearest(found.samples):,} Sobol' points, a power of two, would lie more evenly"
    for one in found.outputs:
        yield ""
        yield from _output(one)
        yield from _ends(found, one)
    if found.specs:
        yield ""
        yield from _limits(found)


def _output(one: Distribution) -> Iterator[str]:
    unit = f" {one.unit}" if one.unit else ""
    yield _moments(one, unit)
    heads = ["quantile", "value", "to within", "standard error"]
    rows = [
        [f"{q.p:.6g}", _told_to(q.value, max(q.resolution, q.se or 0.0)), f"{q.resolution:.1g}",
         _give(q.se, "")]
        for q in one.quantiles
    ]  # fmt: skip
    shown = 4 if any(q.se is not None for q in one.quantiles) else 3
    yield from table(heads[:shown], [row[:shown] for row in rows])


def _moments(one: Distribution, unit: str) -> str:
    if isnan(one.mean):
        return (
            f"{one.name}: no moments, for it is too large for a number at some samples; draw inputs"
            " from narrower distributions"
        )
    sd = "unknown" if isnan(one.sd) else f"{one.sd:.6g}{_give(one.sd_se)}"
    shape = f", skewness {one.skewness:.3g}, kurtosis {one.kurtosis:.4g}"
    shape = "" if isnan(one.skewness) else shape
    mean = _told_to(one.mean, one.mean_se or SHARE * one.sd)
    return f"{one.name}: mean {mean}{unit}{_give(one.mean_se)}, sd {sd}{shape}"


def _told_to(value: float, error: float) -> str:
    """With two digits of its error, and six at least: 1000000.083 +- 0.003."""
    digits = DIGITS
    if value and error > 0:
        digits = floor(log10(abs(value))) - floor(log10(error)) + 2
    return f"{value:.{min(max(digits, DIGITS), MOST_DIGITS)}g}"


def _ends(found: Sweep, one: Distribution) -> Iterator[str]:
    for word, kept in (("lowest", one.lowest), ("highest", one.highest)):
        value, sample = kept[0]
        at = ", ".join(
            f"{n} {x:.9g}" if isinstance(x, float) else f"{n} {x}"
            for n, x in found.inputs[sample].items()
        )
        told = _told_to(value, SHARE * one.sd)
        yield f"{word} {told} at {at} (sample {sample})"


def _limits(found: Sweep) -> Iterator[str]:
    rows = [
        [
            f"{s.output} in {s.lower:.15g} to {s.upper:.15g}",
            *map(_share, (s.below, s.above, s.inside)),
        ]
        for s in found.specs
    ]
    yield from table(["limits", "below", "above", "inside"], rows)
    if len(found.specs) > 1 and found.in_spec is not None:
        yield f"all at once: {_share(found.in_spec)}"


def _share(one: Probability) -> str:
    if one.at_most is not None:
        return f"none seen (< {one.at_most:.1g})"
    if one.at_least is not None:
        return f"all seen (others < {1 - one.at_least:.1g})"
    return f"{one.p:.6g}{_give(one.se)}"


def _give(error: float | None, sign: str = " +- ") -> str:
    """A standard error behind its number; a design has none."""
    return "" if error is None else f"{sign}{error:.1g}"
