"""The order of the checks of FORMAT.md section 12, of a file and of the files inside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .. import layout
from ..raw_views import Raw
from . import bound
from .axes import atom_bounds, need_axis, need_offsets, need_spans, need_table_layout
from .file import header, need_checksum, need_padding, section_table
from .outputs import groups_used, need_golden, outputs_and_weights, ranks
from .rules import need


def validate(data: bytes) -> Raw:
    """All checks up to the golden vectors' content. Raises ArtifactError with the rule that was
    broken."""
    view: Any = memoryview(data)  # whose parts are no copies
    raw = checked(view)
    for part in (raw, *(c.file for c in raw.companions)):
        broken = bound.broken(part)
        need(not broken, "bad_golden", f"{broken}; export the model again")
    return raw


def checked(data: bytes, embedded: bool = False) -> Raw:
    """The file, or the file inside another one, with every rule but the bound of its golden
    vectors."""
    top = header(data, len(data), embedded)
    places = section_table(data, top, embedded)
    if not embedded:
        need_checksum(data, places)
    need_padding(data, top, places)
    sections = {name: data[offset : offset + size] for name, (offset, size) in places.items()}
    axes = np.frombuffer(sections["axes"], layout.AXIS)
    for d, record in enumerate(axes):
        need_axis(d, record, bool(top["features"] & layout.FEATURE_NODES))
    for d, record in enumerate(axes):
        need_offsets(d, record, sections)
    for d, record in enumerate(axes):
        need_spans(d, record, sections)
    groups = np.frombuffer(sections["interaction"], layout.GROUP_RECORD)
    tt = bool(top["features"] & layout.FEATURE_TT)
    uses = ranks(top, axes) if tt else groups_used(top, axes, groups)
    step = layout.ALIGN_EMBEDDED if embedded else layout.ALIGN
    need_table_layout(axes, sections["tables"], step)
    peaks = atom_bounds(axes, sections)
    outputs, weights = outputs_and_weights(top, sections["outputs"], groups)
    raw = Raw(top, sections, axes, groups, outputs, weights, uses, peaks)
    if raw.has_integer_path:
        from ..integer_path.section import parse  # few files have one

        parse(raw)
    need_golden(top, axes, sections["golden"])
    if raw.has_beside:
        from .beside import with_beside  # as few

        raw = with_beside(raw, checked)
    if raw.has_nodes:
        from ..nodes import parse as parse_nodes

        raw = replace(raw, nodes=parse_nodes(raw))
    return raw
