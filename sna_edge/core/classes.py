"""Classes: what the outputs of a model say of a target with labels.

* binary: one output, P(second label)
* ordered: an output for each label but the last, P(a later label than this one)
* several: an output for each label, exp(f); P(label) is its share in their sum (softmax of f)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .output import Output

Floats = NDArray[np.float64]
KEY = "classes"
LINKS = {"binary": "logistic", "ordered": "logistic", "several": "exp"}


@dataclass(frozen=True)
class Classes:
    """target: the column of labels; kind: binary, ordered or several; labels [L]; outputs: places
    of its outputs in the model; threshold: of binary ones, the probability from which on the
    second label is the answer. Raises InputError where these do not fit.

    >>> found = Classes("result", "binary", ("nok", "ok"), (0,), 0.5)
    >>> found.named([[0.9], [0.2]])
    ['ok', 'nok']
    """

    target: str
    kind: str
    labels: tuple[str, ...]
    outputs: tuple[int, ...]
    threshold: float = 0.5

    def __post_init__(self) -> None:
        least = 2 if self.kind == "binary" else 3 if self.kind == "ordered" else 2
        count = {"binary": 1, "ordered": len(self.labels) - 1, "several": len(self.labels)}
        good = (
            self.kind in LINKS
            and len(set(self.labels)) == len(self.labels) >= least
            and (self.kind != "binary" or len(self.labels) == 2)
            and len(set(self.outputs)) == len(self.outputs) == count[self.kind]
            and 0.0 < self.threshold < 1.0
        )
        if not good:
            raise InputError(
                f"classes of {self.target!r}: kind, labels, outputs and threshold do not fit"
                " together; see FORMAT.md section 8"
            )

    def probabilities(self, y: ArrayLike) -> Floats:
        """[N, L] of outputs y [N, K]; NaN where they are."""
        part = np.atleast_2d(np.asarray(y, dtype=float))[:, list(self.outputs)]
        if self.kind == "several":
            return np.asarray(part / part.sum(axis=1, keepdims=True))
        end = np.ones((len(part), 1))
        above = np.concatenate([end, part, 0.0 * end], axis=1)
        found = above[:, :-1] - above[:, 1:]
        return np.asarray(np.maximum(found, 0.0))

    def places(self, y: ArrayLike) -> NDArray[np.int64]:
        """Number [N] of the label that is answered for outputs y [N, K]; -1 where y is NaN.

        Binary: the second from the threshold on; ordered: that in which half of the probability
        is reached; several: the most probable.
        """
        p = self.probabilities(y)
        with np.errstate(invalid="ignore"):
            if self.kind == "binary":
                found = (p[:, 1] >= self.threshold).astype(np.int64)
            elif self.kind == "ordered":
                found = np.argmax(np.cumsum(p, axis=1) >= 0.5 - 1e-12, axis=1)
            else:
                found = np.argmax(p, axis=1)
        return np.where(np.isnan(p).any(axis=1), -1, found)

    def named(self, y: ArrayLike) -> list[str]:
        """Label [N] that is answered for outputs y [N, K]; '' where y is NaN."""
        return ["" if i < 0 else self.labels[i] for i in self.places(y).tolist()]

    def document(self, outputs: Sequence[Output]) -> dict[str, Any]:
        """As it stands in the metadata."""
        return {
            "target": self.target, "kind": self.kind, "labels": list(self.labels),
            "outputs": [outputs[k].name for k in self.outputs], "threshold": self.threshold,
        }  # fmt: skip


def as_probabilities(classes: Sequence[Classes], y: Floats) -> Floats:
    """Outputs y [N, K] in which the shares of several labels stand for what they are shares of."""
    several = [one for one in classes if one.kind == "several"]
    if several:
        y = y.copy()
    for one in several:
        y[:, list(one.outputs)] = one.probabilities(y)
    return y


def read_classes(metadata: Mapping[str, Any], outputs: Sequence[Output]) -> tuple[Classes, ...]:
    """What the metadata of a model with these outputs say of classes. Raises InputError where that
    is not as FORMAT.md section 8 says."""
    given = metadata.get(KEY, [])
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise InputError("metadata: 'classes' is not a list of objects; export the model again")
    return tuple(_one(one, {o.name: k for k, o in enumerate(outputs)}, outputs) for one in given)


def _one(given: Mapping[str, Any], place: dict[str, int], outputs: Sequence[Output]) -> Classes:
    target, kind, threshold = given.get("target"), given.get("kind"), given.get("threshold", 0.5)
    labels, named = given.get("labels"), given.get("outputs")
    good = (
        isinstance(target, str)
        and isinstance(kind, str)
        and kind in LINKS
        and isinstance(labels, list)
        and isinstance(named, list)
        and all(isinstance(text, str) for text in (*labels, *named))
        and isinstance(threshold, float)
        and all(name in place for name in named)
        and all(_probability(outputs[place[n]], LINKS[kind]) for n in named)
    )
    if not good:
        raise InputError(
            f"metadata: the classes of {target!r} are not as FORMAT.md section 8 says; export the"
            " model again"
        )
    assert isinstance(target, str) and isinstance(labels, list) and isinstance(named, list)
    return Classes(target, str(kind), tuple(labels), tuple(place[n] for n in named), threshold)


def _probability(output: Output, link: str) -> bool:
    return output.link == link and output.scale == 1.0 and output.offset == 0.0
