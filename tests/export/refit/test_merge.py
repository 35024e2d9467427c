"""Parts become rows of the training table: each once, the newest held out, in the units and levels
of the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sna_edge.errors import InputError
from sna_export.refit import Columns, Joined, Merged, Part, merged
from sna_export.refit.when import moment
from sna_export.table import Table

NEEDS = Columns(("x", "lot"), {"lot": ("A", "1.0")}, ("y",), units={"x": "m", "y": "um"})
TABLE = Table.of({"x": [1.0, 2.0], "lot": ["A", "1.0"], "y": [3.0, 4.0]})


def part(identity: str, x: Any, y: Any, lot: Any = "A", **more: Any) -> Part:
    return Part(identity, {"x": x, "lot": lot}, {"y": y}, **more)


def made(*parts: Part, table: Table = TABLE, **options: Any) -> Merged:
    return merged(table, Joined(list(parts)), NEEDS, **options)


def test_units_and_levels_are_those_of_the_model_and_digits_are_kept() -> None:
    third = 1.0 / 3.0
    found = made(part("a", "20 cm", "1 mm", lot=1), part("b", third, 5, lot="C"), own="m")
    assert found.names == ("x", "lot", "y", "id")
    assert found.rows[2:] == [
        {"x": "0.2", "lot": "1.0", "y": "1000.0", "id": "a"},
        {"x": repr(third), "lot": "C", "y": "5.0", "id": "b"},
    ]
    assert found.levels == {"lot": {"C": 1}}
    assert found.text(found.rows[:1], ";") == b"x;lot;y;id\n1.0;A;3.0;\n"


@pytest.mark.parametrize("x", [None, "", "wide", True, float("inf"), [1], "3 kg", 10**400])
def test_a_part_that_cannot_be_a_row_is_left_out_and_said(x: Any) -> None:
    found = made(part("a", x, 1.0), part("b", 1.5, 1.0))
    assert sum(found.bad.values()) == 1 and "'x'" in next(iter(found.bad))
    assert found.added == 1


def test_a_part_without_a_weight_weighs_one() -> None:
    needs = replace(NEEDS, amounts=("w",), weight="w")
    table = Table.of({"x": [1.0], "lot": ["A"], "y": [3.0], "w": [2.0]})
    own = part("b", 1.6, 1.0)
    own.reading = {**own.reading, "w": 5}
    found = merged(table, Joined([part("a", 1.5, 1.0), own]), needs, weight=3.0, weights="w")
    assert [row["w"] for row in found.rows] == ["2.0", "3.0", "15.0"] and not found.bad


def test_what_a_recipe_says_of_domains_and_detection_holds_of_parts() -> None:
    told = replace(NEEDS, domain={"x": (0.0, 2.0)}, below=True)
    parts = [part("a", 2.5, 1.0), part("b", 1.5, "<0.5"), part("c", 1.5, "less")]
    found = merged(TABLE, Joined(parts), told)
    assert [row["y"] for row in found.rows[2:]] == ["<0.5"]
    assert sum(found.bad.values()) == 2 and any("0 to 2" in why for why in found.bad)


def test_parts_of_the_table_are_known_by_id_and_inputs_or_by_all_values() -> None:
    table = Table.of({"x": [1.0, 2.0], "lot": ["A", "A"], "y": [3.0, 4.0], "part": ["7", ""]})
    found = made(
        part("7", 1.0 + 1e-9, 9.0), part("7", 5.0, 9.0), part("", 2.0, 4.0), part("", 2.0, 4.0),
        part("", 2.0, 4.5), table=table,
    )  # fmt: skip
    assert found.identity == "part" and (found.known, found.reused, found.added) == (2, 1, 3)
    again = Table.of({n: [row.get(n, "") for row in found.rows] for n in found.names})
    columns = {n: [float(v) if n in "xy" else v for v in again.written(n)] for n in again.names}
    second = made(
        part("7", 5.0, 9.0), part("", 2.0, 4.0), part("", 2.0, 4.0), part("", 2.0, 4.5),
        table=Table.of(columns),
    )  # fmt: skip
    assert second.known == 4 and second.added == 0


def test_the_newest_are_held_out_and_the_first_rows_leave() -> None:
    parts = [part(str(i), i + 3.0, 1.0, time=f"2026-01-{20 - i:02d}") for i in range(10)]
    found = made(*parts, holdout=0.2, most=9, weight=3.0, since="2026-01-12")
    assert [r["id"] for r in found.held] == ["1", "0"] and found.early == 1
    assert [r.get("id", "") for r in found.rows] == ["", "", *"8765432"]
    assert [r["weight"] for r in found.rows] == ["1.0"] * 2 + ["3.0"] * 7 and found.dropped == 0
    assert made(*parts, most=4).dropped == 8 and made(*parts, most=4).added == 4
    with pytest.raises(InputError, match="2012-07-01"):
        made(*parts, since="last week")
    assert made(*parts, part("n", 1.0, 1.0), since="5").untimed == 11


@pytest.mark.parametrize(
    ("sizes", "held"), [((7, 5), 5), ((9, 3), 3), ((10, 1, 1), 2), ((2, 10), 2), ((12,), 2)]
)
def test_a_group_is_not_held_out_in_part(sizes: tuple[int, ...], held: int) -> None:
    lots = [f"L{i}" for i, size in enumerate(sizes) for _ in range(size)]
    parts = [part(str(i), i + 3.0, 1.0, lot=lot) for i, lot in enumerate(lots)]
    found = made(*parts, holdout=0.2, groups="lot")
    assert len(found.held) == held and found.added == 12 - held
    assert len(made(*parts, holdout=0.2).held) == 2
    assert not made(*parts, groups="lot").held


def test_times_are_compared_with_their_kind_alone() -> None:
    assert moment("2026-01-02T00:00:00+02:00") < moment("2026-01-02")  # type: ignore[operator]
    assert moment(True) is None and moment("12") == 12.0
