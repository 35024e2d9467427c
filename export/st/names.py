"""Names of a function block: identifiers that Structured Text takes, once each in any case."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..firmware.names import word

LONGEST = 24
"""Characters: old controllers tell 32 apart, and `_lower` may follow."""
KEYWORDS = """
abstract action and and_then array at begin by case class configuration constant continue data_block
do else elsif end exit extends f_edge false final for from function function_block goto if
implements initial_step interface internal jmp label method mod namespace non_retain not null of on
or or_else organization_block overlap override params persistent pointer priority private program
property protected public r_edge read_only read_write ref ref_to reference region repeat resource
retain return single step struct super task then this to transition true type union until using var
var_access var_config var_external var_global var_in_out var_input var_inst var_output
var_stat var_temp while with xor
author family know_how_protect name title version
"""
"""Of IEC 61131-3 and of its dialects."""
TYPES = """
any bit bool byte char date date_and_time dint dt dword int ldate ldt lint lreal ltime ltod lword
real sint string time time_of_day tod udint uint ulint usint void wchar word wstring
"""
FUNCTIONS = """
abs acos add adr asin atan atan2 ceil concat cos ctd ctu ctud delete div en eno eq exp expt find
floor ge gt insert le left len limit ln log lt max mid min move mul mux ne neg replace right rol ror
round rs rtc sel shl shr sin sizeof sqr sqrt sr sub tan tof ton tp trunc
"""
"""And function blocks."""
LISTS = """
andn cal calc calcn cd clk cu d ds in jmpc jmpcn l ld ldn n orn p pt pv r r1 ret retc retcn s s1 sd
sl st stn xorn
"""
"""Operators of instruction lists and qualifiers of actions."""
WORDS = frozenset(f"{KEYWORDS} {TYPES} {FUNCTIONS} {LISTS}".split())

OWN = re.compile(
    r"[a-z]|value|linear|row|next|weight|link\d*|span|count|half|mode|gap|prod"
    r"|[acx]\d+(_\w+)?|share\w*"
)
"""What a block calls its own variables, and single letters."""


def block_name(stem: str) -> str:
    """Of a block: `_int_test` may follow within 32 characters.

    >>> block_name("Melt pool depth, line 4")
    'sna_melt_pool_depth_lin'
    """
    return f"sna_{(word(stem) or 'model')[:19]}".rstrip("_")


class Names:
    """Names of one block; `taken` are small letters."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {name.lower() for name in taken}

    def new(self, text: str, other: str, tail: str = "") -> str:
        """Small ASCII letters, digits and single underscores; `other` where nothing is left; `x_`
        before a word of the language, a name of the block's own and a digit; cut to 24 characters,
        then `tail`; with a number where it is taken.

        >>> names = Names()
        >>> [names.new(text, "input") for text in ("Laser Power", "laser-power", "exp", "3 d", "")]
        ['laser_power', 'laser_power_2', 'x_exp', 'x_3_d', 'input']
        >>> names.new("melt pool depth in the middle", "out", "_lower")
        'melt_pool_depth_in_the_m_lower'
        """
        plain = word(text) or other
        if plain in WORDS or plain[0].isdigit() or OWN.fullmatch(plain):
            plain = f"x_{plain}"
        plain = plain[:LONGEST].rstrip("_") + tail
        name, number = plain, 2
        while name in self.taken:
            name, number = f"{plain}_{number}", number + 1
        self.taken.add(name)
        return name
