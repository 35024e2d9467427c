"""A threshold of escape that was found for another model is not used."""

from __future__ import annotations

from dataclasses import replace

from ...learning.escape import KEPT, fewest
from ..line import Line
from .rule import Escape


def own_threshold(line: Line, sha256: str) -> list[str]:
    """Make `line`, whose model has the digest `sha256`, forget a threshold that was found for
    another one; sentences that say so, and that nothing is accepted where no threshold is left."""
    escape, said = line.limits.escape, list[str]()
    if escape is None or line.acceptance is None:
        return said
    if escape.model and escape.model != sha256:
        line.judge_by(replace(line.limits, escape=Escape(escape.rate)))
        said.append(
            "the threshold of escape was found for another model and is not used; run sna-edge"
            " limits with this one"
        )
    if line.acceptance.unkept:
        rows = fewest(escape.rate)
        proof = "measured parts prove it"
        if rows > KEPT:
            proof = f"sna-edge limits has proven it with {rows:,} measured rows or more"
        said.append(f"{line.acceptance.unkept}: nothing is accepted until {proof}")
    return said
