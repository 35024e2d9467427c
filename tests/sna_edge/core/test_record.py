"""A record is data; copies are of the type they were made from, and are no file."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError, Model, Uniform, from_bytes
from sna_edge.calculus.moments import mean
from sna_edge.calculus.operations import at, derivative, scale
from sna_edge.calculus.sums import add, to_tt
from sna_edge.core.record import ModelRecord


@pytest.fixture(scope="module")
def record(build) -> ModelRecord:
    model = build.cp(build.smooth_axes(), seed=1)
    return ModelRecord(model.axes, model.interaction, model.outputs, metadata={"name": "m", "n": 1})


def test_calculus_gives_records_of_the_type_it_was_given(record: ModelRecord) -> None:
    first = record.input_names[0]
    model = Model(record.axes, record.interaction, record.outputs)
    for kind, given in ((ModelRecord, record), (Model, model)):
        made = [
            at(given, {first: float(given.axes[0].lower)}),
            derivative(given, first),
            scale(given, 2.0),
            add(given, given),
            to_tt(given),
            mean(given, {first: Uniform()}),
        ]
        assert {type(m) for m in made} == {kind}


def test_a_copy_with_other_numbers_is_not_the_file(build) -> None:
    data = build.cp(build.smooth_axes(), seed=1).replace(dtypes=["float32"] * 3).to_bytes()
    loaded = from_bytes(data, backend="numpy", path="m.sna")
    assert (loaded.artifact, loaded.path) == (data, "m.sna")
    twin = loaded.with_backend("numpy")
    assert (twin.artifact, twin.path) == (data, "m.sna")
    other = loaded.replace(certificate={"a": 1})
    assert (other.artifact, other.path, other.parent) == (None, None, None)


def test_what_is_computed_keeps_its_origin_alone(record: ModelRecord) -> None:
    served = record.replace(backend="tflite", dtypes=["int8"] * 3, integer_path=True)
    made = served.computed(certificate={})
    assert made.metadata == {"name": "m"} and made.backend_name == "numpy"
    assert set(made.dtypes) == {"float64"} and not made.integer_path
    assert np.shares_memory(made.interaction.weights, record.interaction.weights)


def test_parts_that_do_not_fit_are_refused(record: ModelRecord) -> None:
    with pytest.raises(InputError, match="unique"):
        record.replace(axes=[record.axes[0]] * len(record.axes))
    with pytest.raises(InputError, match="as many tables"):
        record.replace(axes=record.axes[:-1], dtypes=None)
    with pytest.raises(InputError, match="dtypes must be among"):
        record.replace(dtypes=["float8"] * len(record.axes))
