"""The reader and the interpreter take no more than the language does."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.errors import BackendError, InputError
from sna_export.st.run import Machine, machine
from sna_export.st.syntax import read, tokens


def block(body: str, variables: str = "a : REAL; i : DINT; k : LINT;") -> Machine:
    text = f"FUNCTION_BLOCK m\nVAR_OUTPUT\n{variables}\nEND_VAR\n{body}\nEND_FUNCTION_BLOCK\n"
    return machine(read(text), "m")


@pytest.mark.parametrize("text", ["a := 'text'", "x ^ 2", 'say "no"', "16#FF # 1"])
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(InputError, match="no Structured Text"):
        tokens(text)


@pytest.mark.parametrize("body", ["a := 1.0", "IF a > 0.0 THEN a := 1.0;", "a = 1.0;", "a := ;"])
def test_what_is_no_statement(body: str) -> None:
    with pytest.raises(InputError, match=r"expected|begins with"):
        block(body)


@pytest.mark.parametrize("body", ["a := i;", "a := 1;", "i := k;", "k := i;", "i := a * 2.0;",
                                  "a := a * i;", "IF i THEN a := 1.0; END_IF;"])  # fmt: skip
def test_no_conversion_happens_by_itself(body: str) -> None:
    with pytest.raises(BackendError, match=r" is \w+, not "):
        block(body)


def test_numbers_stay_in_their_types() -> None:
    with pytest.raises(OverflowError, match="no DINT"):
        block("i := 2147483647; i := i + 1;").call()
    with pytest.raises(OverflowError, match="no LINT"):
        block("k := LINT#4611686018427387904 * LINT#2;").call()
    found = block("a := 16777216.0; a := a + 1.0;").call()["a"]
    assert found == 16777216.0 and isinstance(found, np.float32)


def test_division_cuts_and_operators_bind_to_the_left() -> None:
    found = block("i := 7 - 2 - 1; k := -LINT#7 / LINT#2; a := 8.0 / 4.0 / 2.0;").call()
    assert (found["i"], found["k"], found["a"]) == (4, -3, 1.0)


def test_no_index_counts_from_the_end() -> None:
    with pytest.raises(IndexError):
        block("i := -1; a := b[i];", "a : REAL; i : DINT; b : ARRAY[0..2] OF REAL;").call()


def test_an_array_has_as_many_values_as_it_says() -> None:
    with pytest.raises(BackendError, match="array of 3 with 2"):
        block("a := 1.0;", "a : REAL; b : ARRAY[0..2] OF REAL := [1.0, 2.0];")
