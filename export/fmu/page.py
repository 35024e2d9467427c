"""documentation/index.html of an FMU: its variables, and what it answers outside the domain."""

from __future__ import annotations

from html import escape

from .plan import About
from .variables import Variable

TEXT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>@name@</title></head><body>
<h1>@name@</h1>
<p>@told@. FMI @fmi@, written by @tool@ from the model whose SHA-256 begins with @version@.</p>
<table border="1">
<tr><th>variable</th><th>kind</th><th>unit</th><th>from</th><th>to</th><th>meaning</th></tr>
@rows@</table>
<p>Inputs outside the domain are taken. Where there is no value the calls that ask for outputs are
answered <i>discard</i> and give NaN, and <code>@status@</code> says why;
<code>@outside@</code> (fixed before initialization) chooses 0 discard, 1 NaN with a warning,
2 linear continuation with a warning.</p>
<p>Derivatives of values are those of the model, exact; those of interval ends and of familiarity
are central differences. Between events of model exchange <code>@status@</code> is that of the last
one; a step after which it has changed asks for an event.</p>
<p>Every instance replays the golden vectors of the model. SPDX-License-Identifier: Apache-2.0</p>
</body></html>
"""


def page(about: About, fmi: int, variables: list[Variable]) -> str:
    """The page as HTML."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(v)) + "</tr>\n"
        for v in variables
    )
    text = TEXT
    for word, told in {
        "name": about.name, "told": about.description, "fmi": f"{fmi}.0", "tool": about.tool,
        "version": about.version, "status": variables[-2].name, "outside": variables[-1].name,
    }.items():  # fmt: skip
        text = text.replace(f"@{word}@", escape(told))
    return text.replace("@rows@", rows)


def _cells(v: Variable) -> list[str]:
    ends = ["" if end is None else f"{end:g}" for end in (v.least, v.most)]
    if v.items:
        return [v.name, v.causality, v.unit, "", "", "; ".join(f"{n} {t}" for t, n, _ in v.items)]
    return [v.name, v.causality, v.unit, *ends, v.description]
