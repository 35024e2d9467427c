"""Rules of patterns: counted point by point as a window of points says it; words; false alarms."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.quality.charts import RULES, SETS, Individuals, rules_of
from sna_edge.quality.charts.runs import Runs


def by_window(z: np.ndarray) -> set[str]:
    """Keys of the rules that the points z signal with the last one, by their definition."""
    step = np.sign(np.diff(z))

    def last(n: int, good: np.ndarray) -> bool:
        return len(good) >= n and bool(good[-n:].all())

    found = set()
    for key, n in (("run8", 8), ("run9", 9)):
        if last(n, z > 0) or last(n, z < 0):
            found.add(key)
    for key, size, least, among in (("2of3", 2, 2, 3), ("4of5", 1, 4, 5)):
        for side in (z, -z):
            if side[-1] > size and (side[-among:] > size).sum() >= least:
                found.add(key)
    if last(5, step > 0) or last(5, step < 0):
        found.add("trend6")
    if last(12, step[1:] * step[:-1] < 0):
        found.add("alternating14")
    if last(15, np.abs(z) < 1):
        found.add("inside15")
    if last(8, np.abs(z) > 1):
        found.add("outside8")
    return found


CASES = {
    "random": lambda rng: rng.normal(size=300),
    "few values": lambda rng: rng.choice([-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5], size=300),
    "drift": lambda rng: np.linspace(-3, 3, 60) + 0.02 * rng.normal(size=60),
    "in turn": lambda rng: np.tile([0.4, -0.6], 20) + 0.01 * rng.normal(size=40),
    "two levels": lambda rng: rng.choice([-1.8, 1.6], size=80) + 0.1 * rng.normal(size=80),
    "quiet": lambda rng: 0.3 * rng.normal(size=80),
    "shifted": lambda rng: 1.2 + rng.normal(size=80),
}


@pytest.mark.parametrize("case", CASES)
def test_runs_are_what_a_window_of_points_says(case: str) -> None:
    every = set(RULES) - {"beyond"}
    for seed in range(6):
        z, runs = CASES[case](np.random.default_rng(seed)), Runs()
        for i in range(len(z)):
            signals = runs.add(float(z[i]), float(z[i]), every)
            found = {key for key in every if RULES[key] in [s.rule for s in signals]}
            assert found == by_window(z[: i + 1]), (seed, i)


def test_rules_are_chosen_by_name_or_one_by_one() -> None:
    assert rules_of("nelson") == SETS["nelson"] and len(SETS["nelson"]) == 8
    assert rules_of(["limits", "trend6,run9"]) == ("beyond", "trend6", "run9")
    with pytest.raises(InputError, match="'run7' is no rule of charts; give western-electric"):
        rules_of("run7")
    with pytest.raises(InputError, match="no rule"):
        Individuals(center=0.0, sigma=1.0, rules=("no",))


def test_a_sentence_says_what_it_means() -> None:
    chart = Individuals(center=10.0, sigma=1.0, rules="nelson")
    said = [s for y in [10.4] * 11 for p in chart.add(y) for s in p.signals]
    assert said[-1].rule == "9 points in a row on one side of the centre line"
    assert said[-1].says == "11 points in a row above the centre line: the level has moved up"
    value, moved = chart.add(14.5)
    assert value.signals[0].says.startswith("value 14.5 is above the upper limit 13: look for")
    assert moved.signals[0].says.startswith(
        "moving range 4.1 is above the upper limit 3.68589: this"
    )
    quiet = Individuals(center=10.0, sigma=1.0, rules="run9")
    assert not any(p.signals for y in (16.0, 4.0) for p in quiet.add(y))


def test_false_alarms_of_western_electric_come_once_in_92_points() -> None:
    """91.75 on average: Champ and Woodall, Technometrics 29 (1987), table 1. 1,200 runs have a
    standard error of 2.5."""
    rng, lengths = np.random.default_rng(3), []
    for _ in range(1200):
        runs, n = Runs(), 0
        while True:
            n += 1
            z = float(rng.normal())
            if abs(z) > 3 or runs.add(z, z, SETS["western-electric"]):
                break
        lengths.append(n)
    assert abs(np.mean(lengths) - 91.75) < 3 * 2.5
