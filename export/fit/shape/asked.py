"""The shape that is asked of a fit, checked against the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sna_edge.calculus.shape import KINDS, POSITIVE, Claim, claims_of
from sna_edge.errors import InputError

from ..data.samples import Samples


@dataclass(frozen=True)
class Shape:
    """What must hold of every output: its slope (1 rising, -1 falling) and bend (1 convex, -1
    concave) by input, and whether it is positive.

    >>> Shape.of({"increasing": ["power"], "positive": True}).claims()
    [Claim(kind='increasing', input='power'), Claim(kind='positive', input='')]
    """

    slope: Mapping[str, int]
    bend: Mapping[str, int]
    positive: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Shape:
        """From {"increasing": names, "decreasing": .., "convex": .., "concave": .., "positive":
        bool}; InputError for other words and for what excludes itself."""
        found: dict[int, dict[str, int]] = {1: {}, 2: {}}
        for word, names in asked.items():
            if word == POSITIVE:
                continue
            if word not in KINDS:
                raise InputError(
                    f"shape names {word!r}; it may name {', '.join(KINDS)} and {POSITIVE}"
                )
            order, sign = KINDS[word]
            for name in [names] if isinstance(names, str) else names:
                if found[order].setdefault(name, sign) != sign:
                    opposite = next(k for k, v in KINDS.items() if v == (order, -sign))
                    raise InputError(
                        f"input {name!r} is asked to be {word} and {opposite}; leave one out"
                    )
        return cls(found[1], found[2], bool(asked.get(POSITIVE, False)))

    def report(self) -> dict[str, Any]:
        """As plain data, for metadata and report."""
        said: dict[str, Any] = {}
        for kind, (order, sign) in KINDS.items():
            by_input = self.slope if order == 1 else self.bend
            if names := [name for name, s in by_input.items() if s == sign]:
                said[kind] = names
        return said | ({POSITIVE: True} if self.positive else {})

    def claims(self) -> list[Claim]:
        """What is to be proved."""
        return claims_of(self.report())

    def of_inputs(self, names: Sequence[str]) -> Shape:
        """What is left where only these inputs take part: a function has every shape along others,
        but for constant ones there is nothing to say."""
        slope, bend = (
            {name: s for name, s in d.items() if name in names} for d in (self.slope, self.bend)
        )
        return Shape(slope, bend, self.positive)

    def links(self, samples: Samples, link: str) -> tuple[str, ...]:
        """The links to try: bends hold behind the identity (convex ones behind exp too), positive
        outputs need exp. InputError where the rows or another option forbid them."""
        if self.positive and link not in ("auto", "exp"):
            raise InputError(f"positive outputs need the link exp; leave out --link {link}")
        if self.positive and samples.y.min() <= 0.0:
            k = int(np.argmin(samples.y.min(axis=0)))
            row = int(np.argmin(samples.y[:, k])) + 1
            raise InputError(
                f"output {samples.names[k]!r} is {samples.y[row - 1, k]:g} in row {row}, so it is"
                " not positive; leave the row or --above-zero out"
            )
        found = ("exp",) if self.positive else samples.link_candidates(link)
        if not self.bend:
            return found
        kept = tuple(one for one in found if one == "identity" or self._survives(one))
        if not kept:
            raise InputError(
                f"{'concave' if -1 in self.bend.values() else 'convex'} does not survive the link"
                f" {found[0]}; leave out --above-zero or --link, or the bend"
            )
        return kept

    def one_link(self, samples: Samples, link: str) -> str:
        """The same as a word for a fit of any shape: the link itself where one is left or a bend
        forbids some, else `link`."""
        found = self.links(samples, link)
        return found[0] if len(found) == 1 or self.bend else link

    def _survives(self, link: str) -> bool:
        return link == "exp" and -1 not in self.bend.values()

    def check(self, samples: Samples) -> None:
        """InputError for names that are no inputs of these rows, and for levels."""
        axes = {axis.name: axis for axis in samples.axes}
        for claim in self.claims():
            if not claim.input:
                continue
            if claim.input not in axes:
                raise InputError(
                    f"{claim.kind} names {claim.input!r}, which is not an input that varies;"
                    f" inputs are {', '.join(axes)}"
                )
            if axes[claim.input].levels:
                raise InputError(
                    f"input {claim.input!r} has levels, so nothing is {claim.kind} in it; name an"
                    " input that is a number"
                )
