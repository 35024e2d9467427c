"""What outputs say of labels, and what metadata cannot say of them."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.core.classes import Classes, read_classes
from sna_edge.core.output import Output
from sna_edge.errors import InputError

GOOD = {"target": "t", "kind": "binary", "labels": ["no", "yes"], "outputs": ["p"]}
OUTPUTS = [Output("p", link="logistic"), Output("q", link="exp")]


def test_ordered_probabilities_are_differences() -> None:
    made = Classes("t", "ordered", ("a", "b", "c"), (0, 1))
    y = np.array([[0.9, 0.3], [0.4, 0.1], [np.nan, 0.1]])
    np.testing.assert_allclose(made.probabilities(y)[:2], [[0.1, 0.6, 0.3], [0.6, 0.3, 0.1]])
    assert made.named(y) == ["b", "a", ""]


def test_several_probabilities_are_shares() -> None:
    made = Classes("t", "several", ("a", "b", "c"), (0, 2, 1))
    y = np.array([[2.0, 1.0, 5.0], [np.nan, 1.0, 1.0]])
    np.testing.assert_allclose(made.probabilities(y)[0], [0.25, 0.625, 0.125])
    assert made.named(y) == ["b", ""]


def test_the_threshold_belongs_to_the_positive_label() -> None:
    made = Classes("t", "binary", ("no", "yes"), (1,), 0.25)
    assert made.named([[9.0, 0.25], [9.0, 0.2499]]) == ["yes", "no"]


def test_metadata_round_trip() -> None:
    made = read_classes({"classes": [GOOD]}, OUTPUTS)[0]
    assert read_classes({"classes": [made.document(OUTPUTS)]}, OUTPUTS) == (made,)


@pytest.mark.parametrize(
    "change",
    [{"outputs": ["q"]}, {"outputs": ["r"]}, {"outputs": ["p", "p"]}, {"labels": ["a", "a"]},
     {"labels": ["a", "b", "c"]}, {"labels": [1, 2]}, {"kind": "fuzzy"}, {"threshold": 1.0},
     {"threshold": "x"}, {"target": 7}, {"kind": []}, {"labels": None}, {"outputs": "p"}],
)  # fmt: skip
def test_metadata_that_fit_nothing_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"FORMAT\.md section 8"):
        read_classes({"classes": [GOOD | change]}, OUTPUTS)


@pytest.mark.parametrize("given", [{}, "p", [3], None])
def test_classes_are_a_list_of_objects(given: object) -> None:
    with pytest.raises(InputError, match="not a list of objects"):
        read_classes({"classes": given}, OUTPUTS)
