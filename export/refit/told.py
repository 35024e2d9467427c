"""What a refit says: what became of the parts, old against new, what is worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .join import Joined
from .merge import SHOWN, Merged


def counted(found: Joined, made: Merged) -> dict[str, Any]:
    """All counts as plain data."""
    return {
        "judged": found.judged, "unmeasured": found.unmeasured, "measured": len(found.parts),
        "judged_again": found.repeated, "values_again": found.again,
        "values_changed": found.changed,
        "without_part": len(found.strangers), "unreadable_lines": found.unreadable,
        "refused_readings": found.refused, "of_no_target": dict(found.other),
        "in_training_table": made.known, "before_since": made.early, "without_time": made.untimed,
        "unusable": dict(made.bad), "ids_used_again": made.reused, "corrected": made.corrected,
        "unfamiliar": made.unfamiliar, "some_targets_only": made.partial,
        "of_other_models": dict(made.foreign), "added": made.added, "held_out": len(made.held),
        "dropped_rows": made.dropped, "rows": len(made.rows),
        "new_levels": {name: dict(levels) for name, levels in made.levels.items()},
        "unused_columns": list(made.unused),
    }  # fmt: skip


def count_lines(found: Joined, made: Merged) -> Iterator[str]:
    """The same in words; what did not happen is not said."""
    yield f"parts judged: {found.judged}, measured: {len(found.parts)}"
    named = ", ".join(s for s in found.strangers[:SHOWN] if s)
    kinds = (
        (found.unreadable, "lines that are no JSON, left out"),
        (found.refused, "verdicts without a reading, left out"),
        (found.repeated, "readings that came again"),
        (found.again, "measured values that came again"),
        (found.changed, "measured values changed by a later one, which counts"),
        (len(found.strangers), "measured values of parts that are not in these logs"
                               + (f" ({named}{', ..' if len(found.strangers) > SHOWN else ''})"
                                  if named else "")),
        (made.known, "parts that are in the training table, or stand in the logs twice, left out"),
        (made.early, "parts older than --since, left out"),
        (made.untimed, "parts without a time to compare with --since, left out"),
        (made.reused, "parts whose id is that of another part with other inputs, kept"),
        (made.corrected, "parts with a corrected verdict, kept"),
        (made.unfamiliar, "unfamiliar parts, kept"),
        (made.partial, "parts without the measured value of some target, kept"),
        *((n, f"parts left out: {why}") for why, n in made.bad.most_common(SHOWN)),
        *((n, f"measured values of {x!r}, which is no target, left out")
          for x, n in found.other.most_common(SHOWN)),
        *((n, f"parts judged by another model, {sha[:16]}.., kept")
          for sha, n in made.foreign.most_common(SHOWN)),
        *((n, f"parts with a new level of {name}, {level!r}, kept")
          for name, levels in made.levels.items() for level, n in levels.most_common(SHOWN)),
        (made.dropped, "rows, the first of the table, left out (--most-rows)"),
    )  # fmt: skip
    yield from (f"{what}: {count}" for count, what in kinds if count)
    if made.unused:
        yield f"columns that the fit does not take: {', '.join(made.unused[: 2 * SHOWN])}"
    yield (
        f"rows of the fit: {len(made.rows)}, new parts among them: {made.added}; newest parts held"
        f" out: {len(made.held)}"
    )


def judged_rows(where: str, told: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Lines of a table: HEAD."""
    rows = []
    for name, one in told.items():
        old, new = one["old"], one["new"]
        if "error" not in old:
            rows.append([where, name, str(one["rows"]), *["-"] * 6])
            continue
        unit = f" {one['unit']}" if one["unit"] else ""
        ratio = f"{new['error'] / old['error']:.3f}" if old["error"] else "-"
        rows.append(
            [where, f"{name}, {one['figure']}", str(one["rows"]), f"{old['error']:.4g}{unit}",
             f"{new['error']:.4g}{unit}", ratio, _bias(old, new), _share(old), _share(new)]
        )  # fmt: skip
    return rows


HEAD = [
    "rows",
    "target",
    "count",
    "old",
    "new",
    "new / old",
    "bias old -> new",
    "inside old",
    "new",
]


def _bias(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    return f"{old['bias']:+.3g} -> {new['bias']:+.3g}" if "bias" in old else "-"


def _share(one: Mapping[str, Any]) -> str:
    share = one.get("coverage")
    return "-" if share is None else f"{100 * share:.1f} %"


def line_lines(held: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """How far corrected verdicts were off on the newest parts, where there are any."""
    for name, one in held.items():
        if said := one.get("on_the_line"):
            unit = f" {one['unit']}" if one["unit"] else ""
            yield (
                f"{name}: verdicts that the line had corrected err by {said['error']:.4g}{unit} on"
                f" {said['rows']} of the newest parts (RMSE); a correction beside the new model"
                " begins anew"
            )


def warnings(
    held: Mapping[str, Mapping[str, Any]], trained: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], list[str]]:
    """(why the new model should not be taken, what else is worse)."""
    worse, also = list[str](), list[str]()
    for name, one in held.items():
        if one["worse"]:
            worse.append(
                f"{name}: the new model errs more on the {one['rows']} newest parts"
                f" ({one['figure']} {one['new']['error']:.4g}, the old one"
                f" {one['old']['error']:.4g})"
            )
        if "bias" in one["new"] and one["biased"]:
            also.append(
                f"{name}: the new model still lies {abs(one['new']['bias']):.3g} {one['unit']}"
                f" {'low' if one['new']['bias'] < 0 else 'high'} on the newest parts; give new"
                " parts more weight (--weight-new), or leave old rows out (--most-rows)"
            )
        if one["uncovered"]:
            also.append(
                f"{name}: {_share(one['new'])} of the newest parts lie in the intervals of the new"
                " model, fewer than chance allows"
            )
        if one["new"]["without"] > one["old"]["without"]:
            also.append(
                f"{name}: the new model has no value for {one['new']['without']} of the newest"
                f" parts, the old one for {one['old']['without']}"
            )
    also += [
        f"{name}: the new model errs more on the rows of the training table ({one['figure']}"
        f" {one['new']['error']:.4g}, the old one {one['old']['error']:.4g})"
        for name, one in trained.items()
        if one["worse"] and one["new"]["error"] > 1.1 * one["old"]["error"]
    ]
    return worse, also


def too_few(held: Mapping[str, Mapping[str, Any]], least: int) -> Sequence[str]:
    """Targets of which too few parts were held out to say which model is better."""
    return [name for name, one in held.items() if one["rows"] < least]
