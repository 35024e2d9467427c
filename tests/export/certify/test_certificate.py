"""What a certificate says, and of what."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError, Output
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.cli.words.quantize import certificate_lines
from sna_export.certify import certify
from sna_export.certify.certificate import significant
from sna_export.certify.comparison import points_of
from sna_export.quantize import quantize


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_links_are_certified_in_output_units(models, link: str) -> None:
    base = models.cp(models.uniform_axes(3), rank=4)
    work = base.interaction
    model = base.replace(
        outputs=[Output("y", "", link, 3.0, 1.0, 0.0)],
        interaction=work.with_tables(work.tables, work.weights * 0.2),
    )
    small = quantize(model, "int16")
    x = points_of(model)
    error = np.abs(as_stored(small).value(x) - model.value(x)).max() / np.ptp(model.value(x))
    assert abs(small.certificate["max"] / error - 1) < 0.01 and error < 1e-4


def test_certify_compares_any_two_models(models) -> None:
    model = models.cp(models.uniform_axes(3))
    small = quantize(model, "int8")
    again = certify(small, model)
    for name in ("exact_rms", "max", "rms", "p999", "bound", "kappa"):
        assert abs(again[name] / small.certificate[name] - 1) < 0.02, name
    assert certify(small)["bound"] == small.certificate["bound"]
    with pytest.raises(InputError, match="reference"):
        certify(small, models.cp(models.uniform_axes(2)))


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
def test_rigorous_figures_say_that_they_are_of_the_linear_part(models, link: str) -> None:
    base = models.cp(models.uniform_axes(2), rank=3)
    small = quantize(base.replace(outputs=[Output("y", link=link)]), "int8")
    lines = [line.removesuffix(" (loose)") for line in certificate_lines(small.certificate)]
    linear = [line for line in lines if "of the range before the link" in line]
    assert len(linear) == (0 if link == "identity" else 2) and all(
        "guaranteed" in line for line in linear
    )
    assert all(" % of the range" in line for line in lines)


@pytest.mark.parametrize("value", [0.0, 1.0, 1.0001e-5, 9.999, 0.12345, 3.3e-17, 7e200])
def test_rounding_up_never_lowers(value: float) -> None:
    up = significant(value, up=True)
    assert value <= up <= value * 1.0101
    assert len(f"{up:g}") <= 9
