"""The rules that tell a pattern from chance, in words, and which of them a chart goes by.

Sources: Western Electric, Statistical Quality Control Handbook (1956); Nelson, J. Qual. Technol. 16
(1984).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError

RULES = {
    "beyond": "1 point beyond a control limit",
    "2of3": "2 of 3 points in a row beyond 2 sigma on one side of the centre line",
    "4of5": "4 of 5 points in a row beyond 1 sigma on one side of the centre line",
    "run8": "8 points in a row on one side of the centre line",
    "run9": "9 points in a row on one side of the centre line",
    "trend6": "6 points in a row rising or falling",
    "alternating14": "14 points in a row going up and down in turn",
    "inside15": "15 points in a row within 1 sigma of the centre line",
    "outside8": "8 points in a row beyond 1 sigma of the centre line, on either side",
}
"""Key of a rule: the rule in words."""
SETS = {
    "western-electric": ("beyond", "2of3", "4of5", "run8"),
    "nelson": (
        "beyond", "run9", "trend6", "alternating14", "2of3", "4of5", "inside15", "outside8",
    ),
    "limits": ("beyond",),
}  # fmt: skip
"""Rules that go together. In control a point signals falsely once in 370 by the limits alone, once
in 92 by those of Western Electric."""
USUAL = "western-electric"


def rules_of(asked: str | Sequence[str]) -> tuple[str, ...]:
    """Keys of rules, of a set or of keys in a text or a list. Raises InputError for an unknown one.

    >>> rules_of("western-electric"), rules_of("beyond, trend6")
    (('beyond', '2of3', '4of5', 'run8'), ('beyond', 'trend6'))
    """
    names = [asked] if isinstance(asked, str) else list(asked)
    found: list[str] = []
    for name in (one.strip() for text in names for one in text.split(",")):
        if name not in RULES and name not in SETS:
            raise InputError(
                f"{name!r} is no rule of charts; give {', '.join(SETS)} or some of"
                f" {','.join(RULES)}"
            )
        found += [one for one in SETS.get(name, (name,)) if one not in found]
    return tuple(found)
