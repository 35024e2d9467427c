"""Every rule of FORMAT.md section 12 has files that break it and nothing before it; each is refused
by its name."""

from __future__ import annotations

import re

import pytest

from sna_edge import ArtifactError, Status, from_bytes

from .bad_files import NAN, cases, shifted


@pytest.fixture(scope="module")
def cp_bytes(build) -> bytes:
    """Axes: 0 power uniform f32, 1 speed graded f16, 2 angle periodic i16, 3 alloy levels i8, 4
    spot Lagrange f32."""
    model = build.cp(build.mixed_axes(), seed=2, rank=6)
    return build.gridded(model, ("float32", "float16", "int16", "int8", "float32")).to_bytes()


@pytest.fixture(scope="module")
def tt_bytes(build) -> bytes:
    return build.tt(build.smooth_axes(), seed=2).to_bytes()


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_each_broken_rule_is_named(name: str, cp_bytes: bytes, tt_bytes: bytes, by_hand) -> None:
    rule, base, edit = CASES[name]
    broken = bytes(edit(by_hand(cp_bytes if base == "cp" else tt_bytes)))
    with pytest.raises(ArtifactError) as error:
        from_bytes(broken, backend="numpy")
    assert error.value.rule == rule
    assert str(error.value).startswith(f"{rule}: ") and "\n" not in str(error.value)
    unsupported = rule in ("unsupported_version", "unsupported_feature")
    assert error.value.status == (Status.UNSUPPORTED if unsupported else Status.CORRUPT)


def test_the_files_edited_here_are_good_before(cp_bytes: bytes, tt_bytes: bytes, by_hand) -> None:
    for data in (cp_bytes, tt_bytes):
        assert bytes(by_hand(data).sealed()) == data
        assert bytes(by_hand(data).replaced()) == data
        from_bytes(data, backend="numpy")


def test_every_rule_of_the_page_has_a_bad_file(root) -> None:
    page = (root / "FORMAT.md").read_text(encoding="utf-8").split("## 12.")[1].split("## 13.")[0]
    rules = re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)
    beside = {"bad_companion", "bad_calibration", "bad_readings"}  # format_page has them
    assert rules and set(rules) - beside == {rule for rule, _, _ in CASES.values()}


def test_rules_are_tested_in_the_order_of_the_page(cp_bytes: bytes, by_hand) -> None:
    """A file with several faults gets the name of the first one."""
    h = by_hand(cp_bytes)
    faults = [
        ("golden_mismatch", lambda: shifted(h, len(h.read("golden")) - 8)),
        ("bad_golden", lambda: h.poke("golden", 4, "I", 1).sealed()),
        ("bad_output", lambda: h.poke("outputs", 68, "B", 7).sealed()),
        ("bad_value", lambda: h.poke("matrices", 0, "f", NAN).sealed()),
        ("bad_group", lambda: h.poke("interaction", 0, "Q", 0).sealed()),
        ("bad_span", lambda: h.poke("spans", int(h.peek("axes", 44, "I")), "H", 60000).sealed()),
        ("bad_offset", lambda: h.poke("axes", 52, "I", 2).sealed()),
        ("bad_axis", lambda: h.poke("axes", 24, "B", 9).sealed()),
        ("bad_padding", lambda: h.poke("integrity", 40, "B", 1)),
        ("bad_checksum", lambda: h.poke("axes", 0, "B", 1)),
        ("bad_section_table", lambda: h.poke(None, 76, "I", 1)),
        ("bad_header", lambda: h.poke(None, 63, "B", 1)),
        ("bad_size", lambda: h.poke(None, 16, "I", 1)),
        ("unsupported_feature", lambda: h.poke(None, 12, "I", 64)),
        ("unsupported_version", lambda: h.poke(None, 8, "H", 7)),
        ("bad_magic", lambda: h.poke(None, 1, "B", 0)),
    ]
    for rule, fault in faults:
        fault()
        with pytest.raises(ArtifactError) as error:
            from_bytes(bytes(h), backend="numpy")
        assert error.value.rule == rule


def test_a_newer_file_says_both_versions(cp_bytes: bytes, by_hand) -> None:
    with pytest.raises(ArtifactError, match=r"3\.7.*1\.0, 1\.1"):
        from_bytes(bytes(by_hand(cp_bytes).poke(None, 8, "HH", 3, 7).sealed()))


def test_a_newer_minor_version_is_read(cp_bytes: bytes, by_hand) -> None:
    from_bytes(bytes(by_hand(cp_bytes).poke(None, 10, "H", 9).sealed()), backend="numpy")
