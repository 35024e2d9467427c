"""A self-contained HTML page: inline style and SVG, no script, nothing fetched; light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
PLOT_STYLE = (HERE / "plot.css").read_text(encoding="utf-8")
PAGE_STYLE = (HERE / "page.css").read_text(encoding="utf-8")
STANDALONE = f"<style>{PLOT_STYLE}svg{{background:var(--paper)}}</style>"
"""What makes one plot a picture file of its own."""
META = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
)


class Page:
    """Blocks in the order they are added.

    >>> page = Page("Depth").heading("Errors").table(["output", "RMSE"], [["depth", 0.17]])
    >>> "<h2>Errors</h2>" in page.render()
    True
    """

    def __init__(self, title: str, lead: str = "") -> None:
        self.title = title
        self.blocks = [
            f"<h1>{escape(title)}</h1>",
            f'<p class="lead">{escape(lead)}</p>' if lead else "",
        ]

    def heading(self, text: str) -> Page:
        """A heading of second level."""
        self.blocks.append(f"<h2>{escape(text)}</h2>")
        return self

    def subheading(self, text: str) -> Page:
        """A heading of third level."""
        self.blocks.append(f"<h3>{escape(text)}</h3>")
        return self

    def points(self, sentences: Sequence[str]) -> Page:
        """A list of sentences."""
        inner = "".join(f"<li>{escape(words)}</li>" for words in sentences)
        self.blocks.append(f"<ul>{inner}</ul>")
        return self

    def text(self, words: str) -> Page:
        """A paragraph."""
        self.blocks.append(f"<p>{escape(words)}</p>")
        return self

    def tiles(self, figures: Sequence[tuple[str, str]]) -> Page:
        """Key figures: (value, what it is)."""
        inner = "".join(
            f'<div class="tile"><b>{escape(v)}</b><span>{escape(name)}</span></div>'
            for v, name in figures
        )
        self.blocks.append(f'<div class="tiles">{inner}</div>')
        return self

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Page:
        """A table with a header line; cells are shown as `str` gives them."""
        head = "".join(f"<th>{escape(str(h))}</th>" for h in header)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows
        )
        name = escape(", ".join(str(h) for h in header), quote=True)
        self.blocks.append(
            f'<div class="wide" tabindex="0" role="region" aria-label="table: {name}">'
            f"<table><tr>{head}</tr>{body}</table></div>"
        )
        return self

    def facts(self, rows: Sequence[tuple[str, str]]) -> Page:
        """A table of names and texts, which may be long: they break where the page ends."""
        body = "".join(f"<tr><td>{escape(n)}</td><td>{escape(v)}</td></tr>" for n, v in rows)
        self.blocks.append(f'<table class="facts">{body}</table>')
        return self

    def plots(self, svgs: Sequence[str]) -> Page:
        """Rendered SVG elements side by side."""
        self.blocks.append('<div class="plots">' + "".join(svgs) + "</div>")
        return self

    def render(self) -> str:
        """The HTML of the whole page."""
        body = "\n".join(b for b in self.blocks if b)
        head = f"{META}<title>{escape(self.title)}</title><style>{PLOT_STYLE}{PAGE_STYLE}</style>"
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'

    def write(self, path: str | Path) -> None:
        """The page into a file, in UTF-8."""
        Path(path).write_text(self.render(), encoding="utf-8")
