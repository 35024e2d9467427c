"""watch --measured: verdicts counted against what was measured of the parts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sna_edge.cli.learned.measured_columns import renamed
from sna_edge.cli.recorded.confusion import Against
from sna_edge.errors import InputError
from sna_edge.quality import Limit, LineLimits

from ..conftest import small_model
from .test_measured_table import lab, parts, widths
from .test_watch_learns import LIMITS, answers, words

LSL, USL = LIMITS["outputs"]["width"]["LSL"], LIMITS["outputs"]["width"]["USL"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, limits, parts with the column width; every fifth one was not measured."""
    small_model().save(tmp_path / "model.sna")
    (tmp_path / "limits.json").write_text(json.dumps(LIMITS))
    rows = [f"{r},{w if i % 5 else ''}" for i, (r, w) in enumerate(zip(parts()[1:], widths()))]
    (tmp_path / "parts.csv").write_text("\n".join([parts()[0] + ",width", *rows]) + "\n")
    (tmp_path / "lab.csv").write_text("\n".join(lab()) + "\n")
    return tmp_path


def rows_of(err: str) -> dict[str, list[int]]:
    """{verdict: [good, bad, not measured]} of what was said at the end."""
    told = err.split("verdicts against measured values\n")[1].splitlines()[1:]
    cells = [line.rsplit(maxsplit=3) for line in told if line.startswith(("ACC", "REJ", "NO "))]
    return {name.strip(): [int(n) for n in numbers] for name, *numbers in cells}


def expected(found: list[dict], measured: dict[str, float]) -> dict[str, list[int]]:
    """The same, counted here."""
    told: dict[str, list[int]] = {}
    for one in (a for a in found if "verdict" in a):
        y = measured.get(one["id"])
        place = 2 if y is None else 0 if LSL <= y <= USL else 1
        told.setdefault(one["verdict"], [0, 0, 0])[place] += 1
    return told


@pytest.mark.parametrize("learn", [(), ("--learn", "off")])
def test_a_column_of_the_parts_is_counted_against(sna, folder: Path, learn) -> None:
    said = sna(*words(folder, "parts.csv", "--measured", "width", *learn))
    found = answers(said.out)
    known = {str(i): y for i, y in enumerate(widths()) if i % 5}
    assert rows_of(said.err) == expected(found, known)
    assert sum(map(sum, rows_of(said.err).values())) == len(found) == 60
    assert ("95 %:" in said.err) and all("correction" not in a for a in found if learn)


def test_a_table_of_its_own_is_counted_by_id(sna, folder: Path) -> None:
    said = sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv"))
    known = {str(i): y for i, y in enumerate(widths())}
    assert rows_of(said.err) == expected(answers(said.out), known)


@pytest.mark.parametrize(
    "asked, why",
    [
        (["width", "height"], "no such output"), (["width", "depth"], "has no column .depth."),
        (["nothing.csv"], "nothing.csv"), (["measured.width"], ""),
    ],
)  # fmt: skip
def test_what_is_no_output_and_no_table_is_said(sna, folder: Path, asked, why) -> None:
    said = sna(*words(folder, "parts.csv", "--measured", *asked))
    assert re.search(why, said.err) and (said.code == 2) == bool(why)


def test_outputs_without_a_table_are_refused(sna, folder: Path) -> None:
    said = sna("watch", folder / "model.sna", "--limits", folder / "limits.json",
               "--measured", "width")  # fmt: skip
    assert said.code == 2 and "there is no --table" in said.err


def test_columns_are_found_with_their_unit_or_refused() -> None:
    names, units = renamed(["id", "width"], {"width": "mm"}, ["width"], "t.csv")
    assert (names, units) == (["id", "measured.width"], {"measured.width": "mm"})
    with pytest.raises(InputError, match="no column 'depth'"):
        renamed(["id", "width"], {}, ["depth"], "t.csv")


def test_values_that_come_in_pieces_make_a_part_bad_with_the_first_one_outside() -> None:
    limits = LineLimits((Limit("width", usl=2.0), Limit("depth", usl=2.0)))
    against = Against()
    for more in (
        {"verdict": "ACCEPT"},
        {"measured": {"width": {"value": 3.0}}},
        {"measured": {"depth": {"value": 1.0}}},
        {"measured": {"other": {"value": 9}}},
    ):
        against.look([{"id": 7, **more}], limits)  # fmt: skip
    against.look([{"id": 8, "measured": {"depth": {"value": 1.0}}}], limits)
    assert +against.found == {("ACCEPT", "bad"): 1}
