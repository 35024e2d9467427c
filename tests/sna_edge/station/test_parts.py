"""What passes through a door."""

import dataclasses

import pytest

from sna_edge.station import Answer, Arrival


def test_what_passes_through_a_door_is_not_changed_on_its_way():
    arrival, answer = Arrival("press-1", {"power": 200.0}), Answer(1, "{}")
    for one, field in ((arrival, "part"), (answer, "verdict")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, field, "other")
    assert (arrival.part, arrival.sequence, answer.again) == ("", 0, False)
