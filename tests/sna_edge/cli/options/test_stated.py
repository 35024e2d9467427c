"""Options stated as tables."""

from __future__ import annotations

import argparse

import pytest

from sna_edge.cli.options.stated import (
    choice,
    foreign,
    refuse_foreign,
    repeated,
    several,
    state,
    switch,
    value,
)
from sna_edge.errors import InputError

WHAT = (choice("--what", ("hat", "coat"), "which", default="hat"),)
OF = (
    value("-s --size-of", "N", "how large", type=int, of=("hat",)),
    several("--at", "NAME=VALUE", "where", of=("coat",)),
    switch("--dry", "not wet", of=("coat",)),
    value("--seed", "N", "of draws", type=int, default=0, of=("coat",)),
)
ANY = (repeated("--where", "RULE", "a rule", default=[]),)


def parsed(*texts: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    state(parser, WHAT, OF, ANY)
    return parser.parse_args(texts)


def test_kinds() -> None:
    """One value, a list over many flags, one value a flag, a flag alone."""
    args = parsed("-s", "3", "--at", "a", "b", "--at", "c", "--where", "r", "--where", "q", "--dry")
    assert (args.size_of, args.at, args.where, args.dry) == (3, ["a", "b", "c"], ["r", "q"], True)
    assert vars(parsed()) == {
        "what": "hat", "size_of": None, "at": [], "dry": False, "seed": 0, "where": []
    }  # fmt: skip


def test_lists_of_two_parsers_are_their_own() -> None:
    parsed().at.append("a")
    assert parsed().at == []


def test_names_are_those_of_the_parsed_arguments() -> None:
    assert [option.name for option in (*WHAT, *OF, *ANY)] == list(vars(parsed()))


@pytest.mark.parametrize(
    ("texts", "flag"),
    [
        ((), None),
        (("-s", "0"), None),
        (("--where", "r"), None),
        (("--seed", "0"), None),  # as if it were not given
        (("--seed", "1"), "--seed"),
        (("--at", "a", "--dry"), "--at"),
        (("--what", "coat", "--at", "a", "--dry"), None),
        (("--what", "coat", "-s", "0"), "-s"),
    ],
)
def test_what_takes_no_part(texts: tuple[str, ...], flag: str | None) -> None:
    args = parsed(*texts)
    option = foreign(args, args.what, OF, ANY)
    assert (option and option.flag) == flag


def test_a_refusal_names_what_the_option_goes_with() -> None:
    refuse_foreign(parsed("-s", "1"), "what", OF)
    with pytest.raises(InputError, match=r"^--at is nothing of --what hat; it goes with coat$"):
        refuse_foreign(parsed("--at", "a"), "what", OF)
