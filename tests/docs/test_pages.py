"""The pages say what the code does: sessions of the tour are run, tables and generated pages are
current."""

import importlib.util
import re

import pytest

from sna_edge.cli.main import WORDS
from sna_edge.status import MEANING, Status


@pytest.fixture(scope="module")
def tool(root):
    def load(name):
        spec = importlib.util.spec_from_file_location(
            f"tools_{name}", root / "tools" / "pages" / f"{name}.py"
        )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_the_command_line_page_is_current(root, tool):
    assert (root / "docs" / "cli.md").read_text(encoding="utf-8") == tool("cli_page").page(), (
        "run make docs"
    )


@pytest.mark.parametrize("page", ["README.md", "docs/measured.md"])
def test_tables_in_pages_are_those_measured(root, tool, page):
    tables = tool("page_tables")
    text = (root / page).read_text(encoding="utf-8")
    shown = {m.group(2): m.group(0) for m in tables.MARKED.finditer(text)}
    fresh = {m.group(2): m.group(0) for m in tables.MARKED.finditer(tables.insert(text))}
    stale = [
        name
        for name in shown
        if shown[name] != fresh[name] and "(not measured yet)" not in shown[name]
    ]
    assert shown
    assert not stale, "run make docs"


def test_the_selection_in_the_readme_is_of_the_measured_tables(root, tool):
    shown = (root / "docs" / "tables" / "summary.md").read_text(encoding="utf-8")
    assert shown == tool("summary_table").summary(), "run make docs"


@pytest.mark.slow
def test_sessions_of_the_tour_print_what_they_show(root, tool, tmp_path, monkeypatch):
    """Every command of the tour runs, then the code of README with its files; the output has the
    same words, numbers may differ from machine to machine."""
    for module in ("ziglang", "unicorn"):
        pytest.importorskip(module, reason=f"{module} is not installed: no costs on emulated cores")
    sessions = tool("page_sessions")
    text = (root / "docs" / "tour.md").read_text(encoding="utf-8")
    _, seen = sessions.replay(text, tmp_path)
    assert len(seen) >= 6
    monkeypatch.chdir(tmp_path)
    space = {}
    readme = (root / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", readme, re.S):
        exec(compile(block, "README.md", "exec"), space)
    assert len(space["found"].values)
    for command, shown, now in seen:
        assert sessions.shape(now) == sessions.shape(shown), (
            f"{command}: run tools/pages/page_sessions.py\n{now}"
        )


def test_masking_sees_other_words_and_not_other_numbers(tool):
    shape = tool("page_sessions").shape
    assert shape("a = 1.5 MPa  (90 %)") == shape("a =  -2e-3 MPa (91 %)")
    assert shape("a = 1.5 MPa") != shape("a = 1.5 kPa")


def test_every_status_is_documented(root):
    text = (root / "FORMAT.md").read_text(encoding="utf-8") + (root / "docs" / "cli.md").read_text(
        encoding="utf-8"
    )
    assert set(MEANING) == set(Status)
    missing = [s.label for s in Status if s.label not in text]
    assert not missing


def test_every_word_is_in_the_readme(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert not [
        word for word in WORDS if f"sna-edge {word}" not in text and f"`{word}`" not in text
    ]


@pytest.mark.parametrize(
    "page",
    ["README.md", "DESIGN.md", "FORMAT.md", "CHANGELOG.md", "docs/cli.md", "docs/measured.md"],
)
def test_links_between_pages_lead_somewhere(root, page):
    text = (root / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://")):
            assert ((root / page).parent / target).exists(), target


def test_the_page_of_errors_is_current_and_complete(root, tool):
    made = tool("troubleshooting_page")
    assert not made.problems()
    assert (root / "docs" / "troubleshooting.md").read_text(encoding="utf-8") == made.page(), (
        "run make docs"
    )
