"""How the outputs of two models differ, file by file: values less those of the model before, and
verdicts that changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .outputs import columns_of, written_as


def pair_of(
    new: Mapping[str, Any], old: str, columns: Mapping[str, list[str]]
) -> dict[str, Any] | None:
    """The task of comparing an output file, as `partition` tells of it, with the file `old`, whose
    `columns` are {output: [its column in the new one, in the old one]}; None where that is no
    output of the same input."""
    before = written_as(old)
    if before is None or before["input"]["sha256"] != new["input"]["sha256"]:
        return None
    judged = bool(new["limits"]) and bool(before["limits"])
    return {
        "new": new["output"], "old": old, "keys": [new["key"], before["key"]],
        "columns": columns, "verdicts": judged,
        "other_limits": judged and new["limits"] != before["limits"],
    }  # fmt: skip


def compared(task: Mapping[str, Any]) -> dict[str, Any]:
    """Sums of two files of one input: per output how many rows have both values, the sum of
    differences, of their squares, and the largest; {"ACCEPT to REJECT": rows}, and whether these
    were judged by other limits."""
    verdict = ["verdict"] if task["verdicts"] else []
    places = task["columns"].values()
    new_names, old_names = ([*(place[i] for place in places), *verdict] for i in (0, 1))
    sums = {name: [0.0, 0.0, 0.0] for name in task["columns"]}
    largest = dict.fromkeys(task["columns"], 0.0)
    changed: dict[str, int] = {}
    pairs = zip(columns_of(task["new"], new_names), columns_of(task["old"], old_names), strict=True)
    for new, old in pairs:
        for name, (place, before) in task["columns"].items():
            d = new[place] - old[before]
            d = d[np.isfinite(d)]
            told = (float(d.size), float(d.sum()), float(np.square(d).sum()))
            sums[name] = [a + b for a, b in zip(sums[name], told, strict=True)]
            largest[name] = max(largest[name], float(np.abs(d).max(initial=0.0)))
        if task["verdicts"]:
            _count(changed, old["verdict"], new["verdict"])
    other = task["other_limits"]
    return {"sums": sums, "largest": largest, "changed": changed, "other_limits": other}


def _count(changed: dict[str, int], old: Any, new: Any) -> None:
    moved = old != new
    pairs, counts = np.unique(np.stack([old[moved], new[moved]]), axis=1, return_counts=True)
    for (before, after), n in zip(pairs.T.tolist(), counts.tolist(), strict=True):
        key = f"{before} to {after}"
        changed[key] = changed.get(key, 0) + n


def whole(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Of all files: per output rows, mean, root mean square and largest difference; verdicts that
    changed, and whether some of them were judged by other limits."""
    outputs: dict[str, Any] = {}
    for name in parts[0]["sums"]:
        n, total, squares = (math.fsum(p["sums"][name][i] for p in parts) for i in range(3))
        outputs[name] = {
            "rows": int(n),
            "mean": total / n if n else None,
            "rms": math.sqrt(squares / n) if n else None,
            "largest": max(p["largest"][name] for p in parts) if n else None,
        }
    changed: dict[str, int] = {}
    for part in parts:
        for key, n in part["changed"].items():
            changed[key] = changed.get(key, 0) + n
    other = any(part["other_limits"] for part in parts)
    return {"outputs": outputs, "verdicts": changed, "other_limits": other}
