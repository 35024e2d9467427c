"""How rows were held out and what they say, in words: for the command line and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNLIKELY = 0.05
"""p of a lack of fit that is called one."""
CATEGORIES = 5
"""That a gauge should tell apart."""


def held_together(report: Mapping[str, Any]) -> list[str]:
    """How rows were held out where they are not free, and how much groups differ, a line each."""
    how = report.get("held_out", {})
    lines = [report["folds"]] if how else []
    for name, part in report.get("groups", {}).items():
        lines.append(
            f"{name}: {how['groups']!r} differ by {part['between']:.3g} (standard deviation), rows"
            f" of one by {part['within']:.3g}: the interval is that of a new one; of one whose"
            " offset is known, rows vary by the second part alone"
        )
    return lines


def suspect_lines(report: Mapping[str, Any], shown: int | None = None) -> list[str]:
    """The rows that look wrong (at most `shown`), a line each after one that counts them."""
    found = report.get("suspects", [])
    robust = report.get("robust")
    if not found:
        return ["robust: no row was left out"] if robust else []
    count = f"{len(found)} row{'s' if len(found) > 1 else ''} look{'' if found[1:] else 's'} wrong"
    did = (
        f"; left out of the fit: {robust['left_out']}, errors and intervals are those of the others"
        if robust
        else " and took part in the fit (--robust leaves such rows out)"
    )
    lines = [count + did]
    for s in found[:shown]:
        at = ", ".join(f"{name} {_short(value)}" for name, value in s["inputs"].items())
        kept = " (kept)" if robust and not s["left_out"] else ""
        lines.append(
            f"row {s['row']}{kept}: {s['output']} {s['measured']:.5g}, expected"
            f" {s['expected']:.5g} at {at}: {s['reason']}"
        )
    if shown is not None and len(found) > shown:
        lines.append(f"and {len(found) - shown} more (--json lists them)")
    return lines


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def repeats_lines(report: Mapping[str, Any]) -> list[str]:
    """What repeats and studies of gauges say of every output, a line each."""
    lines = []
    for name, r in report.get("repeats", {}).items():
        if r["repeatability"] == 0.0:
            lines.append(
                f"{name}: {r['rows']} rows repeat {r['settings']} settings to the last digit:"
                " copies say nothing of the gauge"
            )
            continue
        lines.append(
            f"{name}: {r['rows']} rows repeat {r['settings']} settings and scatter by"
            f" {r['repeatability']:.3g} (standard deviation): {percent(r['share'])} of the squared"
            f" error out of fold{_lack_of_fit(r)}"
        )
    for name, g in report.get("gauge", {}).items():
        lines.append(
            f"{name}: gauge R&R {g['sigma']:.3g} (repeatability {g['repeatability']:.3g},"
            f" reproducibility {g['reproducibility']:.3g}), {percent(g['share'])} of the variation"
            f" in its study, {g['categories']} distinct categories{_categories(g['categories'])};"
            f" it explains {percent(g['share_of_error'])} of the squared error out of fold and is"
            " the noise of measurements where none is given"
        )
    return lines


def _lack_of_fit(r: Mapping[str, Any]) -> str:
    if r["p"] is None:
        return ""
    test = f"F({r['f_freedom']:.3g}, {r['freedom']}) = {r['f']:.3g}, p = {r['p']:.2g}"
    if r["p"] < UNLIKELY:
        return (
            f"; lack of fit: {test}, the model misses something that repeats (an input that is not"
            " in the table, or too few settings)"
        )
    return f"; no lack of fit to be seen: {test}"


def _categories(count: int) -> str:
    return "" if count >= CATEGORIES else f" (fewer than {CATEGORIES}: it hardly tells parts apart)"


def holdout_lines(report: Mapping[str, Any]) -> list[str]:
    """The rows held out of the whole fit: which, and which model was delivered."""
    found = report.get("holdout")
    if not found:
        return []
    lines = [
        f"held out of the fit: {found['rows']} rows ({found['how']}); the model that is delivered,"
        f" and its figures, are those of the other {found['fitted_rows']} (without --holdout: of"
        " all rows)"
    ]
    if found["outside"]:
        worse = ", ".join(
            f"{name} {score['rmse_outside']:.3g}"
            for name, score in found["outputs"].items()
            if "rmse_outside" in score
        )
        lines.append(
            f"{found['outside']} of them outside the domain of the other rows: not"
            f" answered{f' (RMSE if extrapolated: {worse})' if worse else ''}"
        )
    return lines


def holdout_table(report: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: held-out beside out-of-fold figures of every output; no rows without."""
    found = report.get("holdout", {})
    head = [
        "held out", "R2", "RMSE", "covered", "range of 95 %", "out of fold: R2", "RMSE", "covered"
    ]  # fmt: skip
    rows = []
    for name, score in found.get("outputs", {}).items():
        known = report["outputs"][name]
        rows.append(
            [
                name,
                f"{score['r2']:.3g}",
                f"{score['rmse']:.3g}",
                percent(score["coverage"]),
                " .. ".join(map(percent, score["range"])),
                f"{known['r2']:.3g}",
                f"{known['rmse']:.3g}",
                percent(known["coverage"]),
            ]
        )
    return head, rows


def parts_table(report: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: coverage of held-out rows by quarter of the prediction and part of each
    input, with what a perfect model would have; no rows without."""
    rows = []
    for name, score in report.get("holdout", {}).get("outputs", {}).items():
        parts = score["parts"]
        rows += [_part(name, "prediction", p) for p in parts["by_prediction"]]
        for column, of in parts["by_input"].items():
            rows += [_part(name, column, p) for p in of]
    return ["covered by", "", "rows", "covered", "a perfect model"], rows


def _part(name: str, by: str, part: Mapping[str, Any]) -> list[str]:
    least, most = map(percent, part["perfect"])
    return [
        f"{name}, {by}", part["values"], str(part["rows"]), percent(part["coverage"]),
        f"{least} .. {most}" + ("" if part["verdict"] in ("as promised", "few") else " (!)"),
    ]  # fmt: skip


def percent(share: float) -> str:
    """In percent."""
    return f"{100 * share:.0f} %"
