"""One point in any form takes the short way, and its answer is that of the ordinary way."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Axis, DomainError, Evaluation, InputError, Interval, Model, Status, level_axis
from sna_edge.core.basis import bspline, uniform_breaks
from sna_edge.one_point import Single

pytest.importorskip("sna_edge_native")

FORMS = {
    "(D,)": lambda m, x: x,
    "(1, D)": lambda m, x: x[None],
    "(1, D), Fortran": lambda m, x: np.asfortranarray(x[None]),
    "every other": lambda m, x: np.repeat(x, 2)[::2],
    "read-only": lambda m, x: np.frombuffer(x.tobytes()),
    "big-endian": lambda m, x: x.astype(">f8"),
    "float32": lambda m, x: x.astype(np.float32),
    "(1, D) float32": lambda m, x: x[None].astype(np.float32),
    "float16": lambda m, x: x.astype(np.float16),
    "long double": lambda m, x: x.astype(np.longdouble),
    "int64": lambda m, x: np.rint(x).astype(np.int64),
    "uint8": lambda m, x: np.rint(np.clip(x, 0, 255)).astype(np.uint8),
    "object": lambda m, x: x.astype(object),
    "text": lambda m, x: x.astype(str),
    "list": lambda m, x: x.tolist(),
    "list of lists": lambda m, x: [x.tolist()],
    "tuple": lambda m, x: tuple(x.tolist()),
    "list of ints": lambda m, x: [int(v) for v in np.rint(np.nan_to_num(x, posinf=0, neginf=0))],
    "list of numpy scalars": lambda m, x: list(x),
    "mapping": lambda m, x: dict(zip(m.input_names, x.tolist(), strict=True)),
    "mapping of numpy scalars": lambda m, x: dict(zip(m.input_names, x, strict=True)),
    "mapping in another order": lambda m, x: OrderedDict(
        reversed(list(zip(m.input_names, x.tolist(), strict=True)))
    ),
    "proxy": lambda m, x: MappingProxyType(dict(zip(m.input_names, x.tolist(), strict=True))),
    "mapping with an array of one": lambda m, x: {
        n: np.array([v]) if n == "lot" else v for n, v in zip(m.input_names, x, strict=True)
    },
    "mapping with arrays of none": lambda m, x: {
        n: np.array(v) for n, v in zip(m.input_names, x, strict=True)
    },
    "mapping of arrays": lambda m, x: {
        n: np.array([v]) for n, v in zip(m.input_names, x, strict=True)
    },
}


def axes_of() -> tuple[Axis, ...]:
    support = np.array([9, 0, 255, 1], dtype=np.uint8)
    return (
        Axis("a", "W", bspline(uniform_breaks(0.0, 4.0, 4), 2), support=support),
        level_axis("lot", ("7", "12", "1", "1.5", "B")),
        Axis("b", "", bspline(uniform_breaks(-0.3, 0.3, 3), 3)),
    )  # fmt: skip


KINDS = {
    "plain": lambda build: build.cp(build.smooth_axes(), outputs=1),
    "three outputs, one interval": lambda build: several(build, axes_of()[::2]),
    "levels and a span without rows": lambda build: several(build, axes_of()),
    "exp": lambda build: build.linked("exp"),
    "logistic": lambda build: build.linked("logistic"),
    "interval before the link": lambda build: several(
        build, axes_of(), Interval(0.9, 0.1, 0.2, "link")
    ),
}


def several(
    build: Any,
    axes: tuple[Axis, ...],
    interval: Interval | None = Interval(0.9, 0.5, 0.25),  # noqa: B008
) -> Model:
    model = build.cp(axes, outputs=3)
    return model.replace(
        outputs=[model.outputs[0], replace(model.outputs[1], interval=interval), model.outputs[2]]
    )


@pytest.fixture(scope="module", params=KINDS)
def pair(
    request: pytest.FixtureRequest, build: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Model, Model]:
    """A model with the short way and the same without."""
    path = tmp_path_factory.mktemp("one") / "m.sna"
    KINDS[request.param](build).save(path)
    quick, plain = (sna_edge.load(path, backend="native") for _ in range(2))
    assert quick.backend and plain.backend
    assert isinstance(quick._quick, Single)
    plain._quick = plain._single = None
    return quick, plain


def points(model: Model) -> list[np.ndarray]:
    """Inside, on the ends, a hair and far beyond them, missing, infinite; every level, and what is
    none."""
    rng = np.random.default_rng(3)
    out = []
    for _ in range(40):
        x = []
        for a in model.axes:
            if a.kind == "categorical":
                x.append(
                    rng.choice(
                        [7.0, 12.0, 1.0, 1.5, 1.5, 0.0, 3.0, np.nan],
                        p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.04, 0.03, 0.03],
                    )
                )
                continue
            near = [
                a.lower,
                a.upper,
                a.lower - 0.4 * a.slack,
                a.upper + 0.4 * a.slack,
                a.upper + 1e3 * a.slack,
                a.upper + a.width,
            ]
            near += [np.nan, np.inf]
            x.append(rng.choice(near) if rng.random() < 0.15 else rng.uniform(a.lower, a.upper))
        out.append(np.array(x))
    return out


def told(call: Any, *args: Any, **options: Any) -> Any:
    """What a call gives, or the sentence it raises."""
    try:
        return call(*args, **options)
    except (InputError, DomainError) as error:
        return type(error), str(error)


def same(a: Any, b: Any) -> None:
    if isinstance(a, Evaluation):
        for f in fields(Evaluation):
            same(getattr(a, f.name), getattr(b, f.name))
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype and a.shape == b.shape and a.flags.writeable == b.flags.writeable
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=0)
    else:
        assert a == b


@pytest.mark.parametrize("form", FORMS)
def test_the_short_way_says_what_the_ordinary_way_says(
    pair: tuple[Model, Model], form: str
) -> None:
    quick, plain = pair
    seen = set()
    for x in points(quick):
        with np.errstate(over="ignore", invalid="ignore"):
            query = FORMS[form](quick, x)
        for extrapolate in (False, True):
            a, b = (told(m.evaluate, query, extrapolate=extrapolate) for m in pair)
            same(a, b)
        same(*(told(m.value, query) for m in pair))
        if isinstance(query, dict):
            same(told(quick, **query), told(plain.value, query))
        seen.add(int(a.status[0]) if isinstance(a, Evaluation) else "refused")
    assert Status.OK in seen and len(seen) > 1


@pytest.mark.parametrize("level_index", [False, True])
def test_a_mapping_with_a_name_too_many_is_refused_as_ever(
    pair: tuple[Model, Model], level_index: bool
) -> None:
    point = {
        a.name: 1.0 if a.kind == "categorical" else (a.lower + a.upper) / 2 for a in pair[0].axes
    }
    assert pair[0].value(point, level_index=level_index).shape == (len(pair[0].outputs),)
    for query in (
        point | {"part": 7.0},
        dict(list(point.items())[1:]),
        dict(list(point.items())[1:]) | {"part": 7.0},
    ):
        for call in ("value", "evaluate"):
            a, b = (told(getattr(m, call), query, level_index=level_index) for m in pair)
            assert a == b and a[0] is InputError


@pytest.mark.parametrize("form", ["(D,)", "(1, D)", "float32", "list", "mapping", "uint8"])
def test_indices_of_levels_take_the_short_way_too(pair: tuple[Model, Model], form: str) -> None:
    quick, plain = pair
    for x in points(quick):
        for d, a in enumerate(quick.axes):
            x[d] = d % 5 if a.kind == "categorical" else x[d]
        with np.errstate(invalid="ignore"):
            query = FORMS[form](quick, x)
        same(*(told(m.evaluate, query, level_index=True) for m in pair))
        same(*(told(m.value, query, level_index=True) for m in pair))


def test_plain_points_do_take_the_short_way(
    pair: tuple[Model, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A (1, D) row cost 12 times, float32 5 times, `evaluate` 35 times a (D,) value: they converted
    and checked like a table."""
    quick, _ = pair
    x = np.array([7.0 if a.kind == "categorical" else (a.lower + a.upper) / 2 for a in quick.axes])
    monkeypatch.setattr("sna_edge.worth.coordinates", lambda *_: pytest.fail("the ordinary way"))
    for ordinary in (quick.value, quick.evaluate):
        with pytest.raises(pytest.fail.Exception, match="the ordinary way"):
            ordinary(np.stack([x, x]))
    for form in (
        "(D,)",
        "(1, D)",
        "(1, D), Fortran",
        "read-only",
        "float32",
        "(1, D) float32",
        "list",
        "tuple",
        "mapping",
        "proxy",
    ):
        query = FORMS[form](quick, x)
        quick.value(query)
        assert quick.evaluate(query).status[0] >= 0
    quick(**dict(zip(quick.input_names, x.tolist(), strict=True)))


def test_an_answer_is_a_record_of_its_own(pair: tuple[Model, Model]) -> None:
    quick, _ = pair
    x = np.array([7.0 if a.kind == "categorical" else (a.lower + a.upper) / 2 for a in quick.axes])
    first = quick.evaluate(x)
    for name in ("value", "status", "lower", "upper", "axis", "excess"):
        getattr(first, name)[...] = 9
    again = quick.evaluate(x)
    assert (
        again.status[0] == 0
        and again.axis[0] == -1
        and again.excess[0] == 0
        and again.value[0, 0] != 9
    )
    assert again.moved is None and "status=" in repr(again)
    with pytest.raises(AttributeError):
        again.status = first.status  # type: ignore[misc]
