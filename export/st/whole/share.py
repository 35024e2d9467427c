"""Statements of a familiarity."""

from __future__ import annotations

import numpy as np

from ...integers.share import (
    GRID_BITS,
    GRID_STEP,
    LEAST,
    LOG_BITS,
    LOG_STEP,
    LOGS,
    ONE_P,
    SHARES,
    Share,
    Term,
)
from ..places import bisect
from ..text import Block, long
from .companion import write_asked
from .function import Room, floored


def write_share(block: Block, room: Room, share: Share, x: list[str], y: list[str]) -> None:
    """Sets `familiarity`, and the status where it is at most the limit of the model."""
    block.say(f"familiarity := {1 << ONE_P};")
    if share.terms:
        block.work("share", "LINT")
        block.table("share_log", "DINT", LOGS)
        block.say(f"share := {long(0)};")
        for term in share.terms:
            write_asked(block, room, term.density, x, y)
            _add(block, term)
        _write_p(block, share)
    for i, pair in enumerate(share.pairs):
        table = f"share_pair{i + 1}"
        block.table(table, "SINT", pair.seen)
        block.say(f"j := {x[pair.a]} * {pair.seen.shape[1]} + {x[pair.b]};")
        block.say(f"IF {table}[j] = 0 THEN familiarity := 0; END_IF;")
    block.say(f"IF familiarity <= {share.limit} THEN status := 5; END_IF;")


def _add(block: Block, term: Term) -> None:
    """To share, the logarithm of prod."""
    step, one = long(1 << LOG_STEP), long(1)
    block.say("v := prod;", f"IF v < {one} THEN v := {one}; END_IF;")
    block.say(f"count := {30 - term.density.output.exponent};")
    for bits in (16, 8, 4, 2, 1):
        asks = f"IF v < {long(1 << 31 - bits)} THEN"
        block.say(f"{asks} v := v * {long(1 << bits)}; count := count - {bits}; END_IF;")
    here = "DINT_TO_LINT(share_log[j])"
    block.say(
        f"j := LINT_TO_DINT(v / {step}) - 256;",
        f"gap := v - (DINT_TO_LINT(j) + {long(256)}) * {step};",
        f"gap := (DINT_TO_LINT(share_log[j + 1]) - {here}) * gap / {step};",
        f"v := {here} + gap + DINT_TO_LINT(count) * {long(1 << LOG_BITS)};",
        f"IF prod < {one} THEN v := {long(LEAST << LOG_BITS)}; END_IF;",
    )
    floored(block, "u", f"v * {long(term.factor)}", term.bits)
    block.say("share := share + u;")


def _write_p(block: Block, share: Share) -> None:
    gaps, step = [*np.diff(share.scores).tolist(), 0], long(1 << GRID_STEP)
    block.table("share_score", "LINT", share.scores)
    block.table("share_gap", "LINT", gaps)
    block.table("share_p", "DINT", SHARES)
    bisect(block, "share_score", "share", len(share.scores))
    here, last, zero = "DINT_TO_LINT(share_p[j])", len(SHARES) - 2, long(0)
    block.say(
        "u := share - share_score[span];",
        f"IF u < {zero} THEN u := {zero}; END_IF;",
        "IF u > share_gap[span] THEN u := share_gap[span]; END_IF;",
        f"v := {zero};",
        f"IF share_gap[span] > {zero} THEN v := u * {long(1 << GRID_BITS)} / share_gap[span];"
        " END_IF;",
        f"v := v + DINT_TO_LINT(span) * {long(1 << GRID_BITS)};",
        f"j := LINT_TO_DINT(v / {step});",
        f"IF j > {last} THEN j := {last}; END_IF;",
        f"gap := v - DINT_TO_LINT(j) * {step};",
        f"v := {here} + (DINT_TO_LINT(share_p[j + 1]) - {here}) * gap / {step};",
        f"IF share < share_score[0] OR v < {long(share.least)} THEN v := {long(share.least)};"
        " END_IF;",
        "familiarity := LINT_TO_DINT(v);",
    )
