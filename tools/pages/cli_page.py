"""Write docs/cli.md from the command line itself, so that the page and --help cannot differ.

python tools/pages/cli_page.py
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from textwrap import wrap

from sna_edge.cli.main import build
from sna_edge.status import MEANING, Status

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def page() -> str:
    """The whole page as markdown."""
    parser = build()
    (words,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    helps = {choice.dest: choice.help for choice in words._choices_actions}
    lines = [
        "# The command line",
        "",
        f"{parser.description}",
        "",
        *wrap(str(parser.epilog), 118),
        "",
        (
            "With `--json` a command prints one JSON object on stdout and nothing else; errors are"
            " one sentence on stderr."
        ),
        "",
        "| word | |",
        "|---|---|",
        *(f"| [`{word}`](#{word}) | {helps[word]} |" for word in words.choices),
        "",
    ]
    for word, sub in words.choices.items():
        lines += [f"## {word}", *explained(word, sub, str(sub.description).strip())]
        for name, inner in actions(word).items():
            lines += [f"### {word} {name}"]
            lines += explained(f"{word} {name}", inner, str(inner.description))
    return "\n".join([*lines, *statuses()])


def explained(word: str, parser: argparse.ArgumentParser, said: str) -> list[str]:
    """What a word does, how it is called, and its arguments."""
    return ["", said, "", f"    {synopsis(word, parser)}", "", *table(parser)]


def statuses() -> list[str]:
    """The last section."""
    return [
        "## Statuses",
        "",
        "Numbers are the same in Python, C and artifacts; negative ones carry no value.",
        "",
        "| number | word | meaning |",
        "|---|---|---|",
        *(f"| {int(s)} | `{s.label}` | {MEANING[s]} |" for s in Status),
        "",
    ]


def table(parser: argparse.ArgumentParser) -> list[str]:
    """All arguments."""
    rows = [row(a) for a in parser._actions if a.dest != "help"]
    return ["| argument | |", "|---|---|", *rows, ""]


def actions(word: str) -> Mapping[str, argparse.ArgumentParser]:
    """{name: its arguments} of a word that does several things."""
    found = getattr(import_module(f"sna_edge.cli.words.{word}"), "pages", dict)
    return found()


def synopsis(word: str, sub: argparse.ArgumentParser) -> str:
    """'sna-edge info MODEL [--json]'."""
    parts = [f"sna-edge {word}"]
    for action in sub._actions:
        if action.dest != "help":
            text = spelled(action, all_names=False)
            parts.append(text if action.required else f"[{text}]")
    return " ".join(parts)


def spelled(action: argparse.Action, *, all_names: bool = True) -> str:
    """'-o, --output MODEL'."""
    names = action.option_strings if all_names else action.option_strings[:1]
    metavar = (
        "|".join(map(str, action.choices))
        if action.choices and not action.metavar
        else str(action.metavar or action.dest.upper())
    )
    if not action.option_strings:
        return metavar
    value = "" if action.nargs == 0 else f" {metavar}{' ...' if action.nargs == '+' else ''}"
    return ", ".join(names) + value


def row(action: argparse.Action) -> str:
    """One line of the table of arguments."""
    words = (action.help or "").replace("%(default)s", str(action.default))
    return "| `{}` | {} |".format(spelled(action).replace("|", "\\|"), words.replace("|", "\\|"))


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written: {PAGE.relative_to(PAGE.parent.parent)}")
