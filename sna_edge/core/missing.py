"""Readings that may be missing: what stands in their place, for models fitted with gaps.

    x_m = mean_m + C_mo C_oo^-1 (x_o - mean_o)

the usual value of the missing inputs m given the others o, kept inside their domain. The model
knows by an input of its own, `flag`, that it is not measured, and its interval is that of such
rows. A categorical input has a level `missing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..values.frames import columns_of
from .axis import Axis
from .inputs import Query, coordinates

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
KEY = "missing"
"""Of the metadata of a model."""
LEVEL, FLAGS = "missing", ("no", "yes")
"""Level of a categorical input without a reading; levels of a flag."""
WORDS = ("", "na", "n/a", "nan", "null", "none", "?", "-")
"""Cells, in lower case, that mean no reading."""
LEAST = 1e-9
"""Share of a variance that is added to it, so that copies of an input do no harm."""


def is_missing(value: object) -> bool:
    """Whether a reading is none: None, NaN, or a cell as '', 'NA' or '-'."""
    if isinstance(value, str):
        return value.strip().lower() in WORDS
    return value is None or (isinstance(value, float) and value != value)


@dataclass(frozen=True, eq=False)
class Gaps:
    """names [M] of the inputs that usual values are taken from, their mean [M] and covariance
    [M, M]; flags {input: input that says whether it is missing, "" for none}; levels: categorical
    inputs that have a level `missing`; most: how many readings a training row lacked at most, None
    where the file does not say."""

    names: tuple[str, ...]
    mean: Floats
    covariance: Floats
    flags: Mapping[str, str]
    levels: tuple[str, ...]
    most: int | None = None

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Gaps | None:
        """What the metadata of a model say; None where it takes no missing reading. Raises
        InputError where they are not as `metadata` writes them."""
        found = metadata.get(KEY)
        if not isinstance(found, Mapping):
            return None
        try:
            names = tuple(map(str, found["names"]))
            mean = np.array(found["mean"], dtype=float).reshape(len(names))
            half = np.array(found["covariance"], dtype=float)
            covariance = np.zeros((len(names), len(names)))
            covariance[np.tril_indices(len(names))] = half
            covariance += np.tril(covariance, -1).T
            flags = {str(name): str(flag) for name, flag in found["flags"].items()}
            most = None if found.get("most") is None else int(found["most"])
            made = cls(names, mean, covariance, flags, tuple(map(str, found["levels"])), most)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InputError(
                "what the model says of missing readings cannot be read; fit it again"
            ) from None
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise InputError("usual values of missing readings are no finite numbers; fit it again")
        return made

    def metadata(self) -> dict[str, Any]:
        """As a model holds it."""
        half = self.covariance[np.tril_indices(len(self.names))]
        return {
            "names": list(self.names),
            "mean": self.mean.tolist(),
            "covariance": half.tolist(),
            "flags": dict(self.flags),
            "levels": list(self.levels),
            **({} if self.most is None else {"most": self.most}),
        }

    @property
    def may_lack(self) -> frozenset[str]:
        """Inputs that may be left out of a query, flags among them."""
        return frozenset((*self.flags, *filter(None, self.flags.values()), *self.levels))

    def measured(self, at: Mapping[str, Any], unknowns: Sequence[str]) -> dict[str, Any]:
        """Fixed inputs with the flags of missing readings, none of which is missing."""
        flags = [f for f in self.flags.values() if f and f not in at and f not in unknowns]
        return {**at, **dict.fromkeys(flags, FLAGS[0])}

    def given(self, axes: tuple[Axis, ...], query: Query) -> Query:
        """The query with NaN for the inputs that it leaves out and may."""
        lacking = [a.name for a in axes if a.name in self.may_lack]
        if isinstance(query, Mapping):
            names: Any = query
        elif (names := columns_of(query)) is None:
            return query
        if all(name in names for name in lacking):
            return query
        known = {a.name for a in axes}
        held = {n: names[n] for n in names if isinstance(query, Mapping) or n in known}
        return {**held, **{name: np.nan for name in lacking if name not in names}}

    def completed(
        self, axes: tuple[Axis, ...], query: Query, level_index: bool
    ) -> tuple[Floats, bool, Bools]:
        """X [N, D] without gaps, whether the query was a single point, and where readings were
        missing [N, D]."""
        x, single = coordinates(axes, self.given(axes, query), level_index)
        x, absent = self.filled(axes, x)
        return x, single, absent

    def filled(self, axes: tuple[Axis, ...], x: Floats) -> tuple[Floats, Bools]:
        """X [N, D] with usual values, levels and flags in place of NaN, and where readings were
        missing [N, D]: flags are none."""
        place = {a.name: d for d, a in enumerate(axes)}
        gone = np.isnan(x)
        absent = np.zeros(x.shape, dtype=bool)
        for name in (*self.flags, *self.levels):
            absent[:, place[name]] = gone[:, place[name]]
        x = self._usual(axes, place, x, absent) if absent.any() else np.array(x, dtype=float)
        for name in self.levels:
            d = place[name]
            x[absent[:, d], d] = axes[d].levels.index(LEVEL)
        for name, flag in self.flags.items():
            if flag:
                unknown = gone[:, place[flag]]
                x[unknown, place[flag]] = absent[unknown, place[name]]
                x[absent[:, place[name]], place[flag]] = 1.0
        return x, absent

    def _usual(
        self, axes: tuple[Axis, ...], place: Mapping[str, int], x: Floats, absent: Bools
    ) -> Floats:
        """X with the mean of the missing inputs given the others."""
        out = np.array(x, dtype=float)
        columns = [place[name] for name in self.names]
        lower = np.array([axes[d].lower for d in columns])
        upper = np.array([axes[d].upper for d in columns])
        z = out[:, columns]
        for pattern in np.unique(absent[:, columns], axis=0):
            rows = np.flatnonzero((absent[:, columns] == pattern).all(axis=1))
            if pattern.any():
                z[np.ix_(rows, np.flatnonzero(pattern))] = self.usual(z[rows], pattern)
        gone = absent[:, columns]
        z = np.where(gone, np.clip(z, lower, upper), z)
        out[:, columns] = z
        return out

    def usual(self, z: Floats, missing: Bools) -> Floats:
        """Expected values [N, m] of the inputs `missing` [M] given the others of z [N, M]."""
        c = self.covariance.copy()
        c[np.diag_indices(len(c))] *= 1.0 + LEAST
        seen = ~missing
        if not seen.any():
            return np.broadcast_to(self.mean[missing], (len(z), int(missing.sum())))
        gain = np.linalg.lstsq(c[np.ix_(seen, seen)], c[np.ix_(seen, missing)], rcond=None)[0]
        away = np.nan_to_num(z[:, seen] - self.mean[seen], posinf=0.0, neginf=0.0)
        return np.asarray(self.mean[missing] + away @ gain)

    def unread(self, axes: tuple[Axis, ...], absent: Bools) -> dict[int, str]:
        """{row: why} of the rows of `absent` [N, D] with hardly a reading: none at all, or more of
        them missing than in any training row."""
        flags = set(self.flags.values())
        gone = absent[:, [a.name not in flags for a in axes]]
        count = gone.sum(axis=1)
        many = count > (gone.shape[1] if self.most is None else self.most)
        return {
            i: f"{count[i]} of {gone.shape[1]} readings are missing, in training rows at most"
            f" {self.most}; look at the sensors and measure the part"
            if count[i] < gone.shape[1]
            else "no reading of the part is there; look at the sensors and measure the part"
            for i in np.flatnonzero(many | gone.all(axis=1)).tolist()
        }

    def point(
        self, axes: tuple[Axis, ...], query: Mapping[str, object]
    ) -> tuple[dict[str, object], str]:
        """One point without gaps, levels by name, and a sentence on what was missing ("" for
        nothing)."""
        x, _, absent = self.completed(axes, query, False)
        out = dict(query)
        for d, axis in enumerate(axes):
            if absent[0, d] or axis.name not in query:
                value = float(x[0, d])
                out[axis.name] = axis.level_names[int(value)] if axis.level_names else value
        return out, told(axes, x[0], absent[0])

    def remarks(self, axes: tuple[Axis, ...], columns: Mapping[str, Floats]) -> dict[int, str]:
        """{row: what was missing} of coordinates {input: [N]}, flags left out or not."""
        n = len(next(iter(columns.values())))
        x = [columns.get(a.name, np.full(n, np.nan)) for a in axes]
        filled, absent = self.filled(axes, np.stack(x, axis=1))
        rows = np.flatnonzero(absent.any(axis=1)).tolist()
        return {row: told(axes, filled[row], absent[row]) for row in rows}


def told(axes: tuple[Axis, ...], x: Floats, absent: Bools) -> str:
    """What was missing in a row [D] and what stands in its place, in words."""
    parts = []
    for axis, value, gone in zip(axes, x.tolist(), absent.tolist(), strict=True):
        if gone:
            level = "a level of its own" if axis.level_names else ""
            parts.append(
                f"{axis.name} is missing ({level or f'usual beside the others: {value:.6g}'})"
            )
    return "; ".join(parts)
