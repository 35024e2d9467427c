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


def test_the_bracket_of_one_temperature_swells_by_that(root, monkeypatch):
    """Without losses it is as hot as the plate everywhere, and every length grows alike."""
    pytest.importorskip("skfem")
    bracket = example(root, "bracket_distortion")
    monkeypatch.setattr(bracket, "FILM", (1e-6, 1e-5))
    mesh = bracket.bracket(20)
    heat = bracket.heated(mesh).model
    shift = bracket.bent(mesh, heat).model
    at = {"part": "tip", "part component": "y", "film": 1e-6}
    assert heat(part=0, film=1e-6)[0] == pytest.approx(200.0, rel=1e-4)
    assert shift(at)[0] == pytest.approx(13.1e-6 * 200.0 * 0.1, rel=2e-3)


def test_a_track_melts_as_wide_and_deep_as_its_table_says(root, monkeypatch):
    """One solve at the fitted absorptivity against the row of docs/tables/lpbf_tracks.md."""
    monkeypatch.syspath_prepend(str(root / "tools" / "physics"))
    import lpbf_tracks as tracks

    if not tracks.TRACKS.is_file():
        pytest.skip("no tracks at ../shared/data (docs/data.md)")
    rows = (root / "docs" / "tables" / "lpbf_tracks.md").read_text(encoding="utf-8").splitlines()
    cells = next(r for r in rows if "k(T)" in r and "AMMT B, held out" in r).split("|")
    case = tracks.measured_tracks()["AMMT B"]
    found = tracks.solved_sizes(tracks.IN625.melting(0.35), case, float(cells[2]))
    for name, cell in zip(("width", "depth", "length"), (cells[4], cells[5], cells[7])):
        assert found[f"{name}_um"] == pytest.approx(float(cell.split()[0]), rel=0.03)
        assert case[name] == pytest.approx(float(cell.split("(")[1].split(")")[0]), abs=0.5)


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
