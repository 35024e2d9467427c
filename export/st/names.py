"""Names of a function block: identifiers that Structured Text takes, each once whatever the case."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..firmware.names import word

LONGEST = 24
"""Characters: controllers of the oldest kind tell 32 apart, and `_lower` may follow."""
WORDS = frozenset(
    # keywords of IEC 61131-3 and of its dialects
    "abstract action and and_then array at by case class configuration constant continue do else"
    " elsif end exit extends f_edge false final for from function function_block goto if"
    " implements initial_step interface internal jmp method mod namespace non_retain not null of on"
    " or or_else overlap override persistent pointer priority private program property protected"
    " public r_edge read_only read_write ref ref_to reference region repeat resource retain return"
    " s_edge single step struct super task then this to transition true type union until using var"
    " var_access var_config var_external var_global var_in_out var_input var_inst var_output"
    " var_stat var_temp while with xor begin label organization_block data_block title version"
    " author family name know_how_protect"
    # types
    " bool byte char date date_and_time dint dt dword int lint ldate ldt lreal lword ltime ltod real"
    " sint string time time_of_day tod udint uint ulint usint void wchar word wstring bit any"
    # functions, function blocks and operators of the standard
    " abs acos add adr asin atan atan2 ceil concat cos ctd ctu ctud delete div eq exp expt find"
    " floor ge gt insert le left len limit ln log lt max mid min move mul mux ne neg r replace"
    " right rol ror round rs rtc s sel shl shr sin sizeof sqr sqrt sr sub tan tof ton tp trunc n ld st"
    " ldn stn andn orn xorn cal calc calcn jmpc jmpcn ret retc retcn en eno".split()
)

OWN = re.compile(r"[abcdfhijnprstuv]|value|linear|row|next|weight|link|[acx]\d+(_\w+)?|share\w*")
"""What a block calls its own variables."""


class Names:
    """Names of one block; `taken` are small letters."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {name.lower() for name in taken}

    def new(self, text: str, other: str) -> str:
        """Small ASCII letters, digits and single underscores; `other` where nothing is left; `x_`
        before a word of the language, a name of the block's own and a digit; cut to 24 characters;
        with a number where it is taken.

        >>> names = Names()
        >>> [names.new(text, "input") for text in ("Laser Power", "laser-power", "exp", "3 d", "")]
        ['laser_power', 'laser_power_2', 'x_exp', 'x_3_d', 'input']
        """
        plain = word(text) or other
        if plain in WORDS or plain[0].isdigit() or OWN.fullmatch(plain):
            plain = f"x_{plain}"
        plain = plain[:LONGEST].rstrip("_")
        name, number = plain, 2
        while name in self.taken:
            name, number = f"{plain}_{number}", number + 1
        self.taken.add(name)
        return name
