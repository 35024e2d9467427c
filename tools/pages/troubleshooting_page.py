"""Write docs/troubleshooting.md from the errors in the code: every sentence, by room, with what to
do about it.

python tools/pages/troubleshooting_page.py

A sentence of this project reads "cause; remedy". The part after the semicolon is its remedy; where
there is none, that of its room in troubleshooting_causes.md is shown. `problems` lists rooms and
rules without an entry there, and entries that nothing needs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
CAUSES = Path(__file__).with_name("troubleshooting_causes.md")
CODE = ("sna_edge", "export")
ERRORS = {"InputError", "DomainError", "BadValue", "NotClosed", "BackendError", "ProblemError"}
HOLE = "…"  # stands for what a sentence names: a file, an input, a number
COLUMNS = 118
INTRODUCTION = (
    "Every error is one sentence with its cause and the next step. They stand here by room, with"
    f" {HOLE} for names and numbers; search the page for a few words of yours. `sna-edge doctor`"
    " says what this installation has; statuses are explained on [the page of the command"
    " line](cli.md#statuses). An *internal error* is a fault of this program: run the command again"
    " with `SNA_EDGE_TRACEBACK=1` and report the traceback."
)


def causes(columns: int) -> dict[str, tuple[str, ...]]:
    """The rows of CAUSES with so many columns, by their first cell."""
    text = CAUSES.read_text(encoding="utf-8")
    text = text.replace("](../../docs/", "](").replace("](../../", "](../")  # as seen from docs/
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    return {row[0]: tuple(row[1:]) for row in rows if len(row) == columns and row[-1] != "remedy"}


def text_of(node: ast.expr) -> str | None:
    """The sentence of an expression, with holes for what is filled in; None for none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None and right is None else (left or HOLE) + (right or HOLE)
    return text_of(node.body) if isinstance(node, ast.IfExp) else None


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Room and syntax tree of every module."""
    for top in CODE:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            room = "/".join(parts[:2]) if len(parts) > 2 else parts[0]
            yield room, ast.parse(path.read_text(encoding="utf-8"))


def sentences() -> dict[str, list[str]]:
    """Room -> the sentences of the errors it raises, in order, each once."""
    found: dict[str, list[str]] = {}
    for room, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            texts = [text for arg in node.exc.args[:1] if (text := text_of(arg))]
            name = ast.unparse(node.exc.func).rpartition(".")[2]
            if name in ERRORS and texts and len(re.findall(r"[A-Za-z]{2,}", texts[0])) > 2:
                found.setdefault(room, []).append(" ".join(texts[0].split()))
    return {room: list(dict.fromkeys(told)) for room, told in sorted(found.items())}


def rules() -> set[str]:
    """The strings in the code that could name a rule."""
    return {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def named_rules() -> list[str]:
    """The rules of FORMAT.md section 12, in order."""
    section = (ROOT / "FORMAT.md").read_text(encoding="utf-8").split("## 12.")[1].split("## 13.")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


def problems() -> list[str]:
    """What lacks a cause and a remedy here, and what is here for nothing."""
    rooms, told = set(sentences()), set(named_rules())
    known, explained = set(causes(4)) - {"room"}, set(causes(3))
    return [
        *(f"no cause and remedy for {room}" for room in sorted(rooms - known)),
        *(f"{room} raises nothing" for room in sorted(known - rooms)),
        *(f"no cause and remedy for the rule {rule}" for rule in sorted(told - explained)),
        *(f"FORMAT.md has no rule {rule}" for rule in sorted(explained - told)),
        *(f"nothing checks the rule {rule}" for rule in sorted(told - rules())),
    ]


def row(sentence: str, remedy: str) -> str:
    """A line of a table: what is said, and what to do."""
    said, _, step = sentence.partition(";")
    cells = (said.strip(), step.strip().rstrip(".") or remedy)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


def page() -> str:
    """The whole page as markdown."""
    lines = [
        "# Troubleshooting",
        "",
        *wrap(INTRODUCTION, COLUMNS),
        "",
        "## Damaged files",
        "",
        "A file that breaks a rule of [its format](../FORMAT.md) is refused with the rule's name.",
        "",
        "| rule | cause | what to do |",
        "|---|---|---|",
        *(f"| `{rule}` | {' | '.join(causes(3)[rule])} |" for rule in named_rules()),
        "",
    ]
    for room, told in sentences().items():
        heading, cause, remedy = causes(4)[room]
        lines += [f"## {heading}", "", *wrap(f"{cause} {remedy}", COLUMNS), ""]
        lines += ["| message | what to do |", "|---|---|", *(row(t, remedy) for t in told), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")
