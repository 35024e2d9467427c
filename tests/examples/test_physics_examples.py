"""The physics examples run and end in the number they promise."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest


def example(root, name):
    spec = spec_from_file_location(name, root / "examples" / "physics" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_rod_ends_in_the_temperature_by_hand(root):
    assert example(root, "cooling_rod").main() == pytest.approx(40.0, abs=1e-3)


@pytest.mark.slow
def test_the_melt_pool_ends_in_its_depth(root):
    assert example(root, "melt_pool").main() == pytest.approx(53.9, abs=0.5), (
        "um, of the semi-analytic field"
    )


def test_the_tools_find_their_sections(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "tools" / "physics"))
    import physics
    from physics_rows import Row, Section, markdown

    names = ["orders", "costs", "problems", "estimates", "cases", "kinds", "advection", "bounds"]
    names += ["nonlinear", "melting", "eigenvalues", "limits", "theory", "laser", "tracks"]
    assert list(physics.SECTIONS) == names
    section = Section(
        "A",
        [
            Row("a", "error", 2.0, most=1.0),
            Row("b", "size", 3.0),
            Row("c", "order", 2.0, least=1.5),
        ],
    )
    assert [r.held for r in section.rows] == [False, None, True]
    assert "| a | error | 2 | at most 1 | NO |" in markdown(section)
