"""Bytes to text: byte order marks, UTF-16 without one, UTF-8, else Windows-1252."""

from __future__ import annotations

import codecs

from ..errors import InputError

FALLBACK = "cp1252"
"""What text is that is not UTF-8; it holds Latin-1 and the marks that Excel writes."""
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
HEAD = 4
"""Bytes that decide between one and two bytes per character."""


def encoding_of(head: bytes) -> str:
    """The encoding that a byte order mark or the zeros between ASCII characters show; '' where the
    head shows none."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    zeros = [byte == 0 for byte in head[:HEAD]]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else ""


class Decoder:
    """Text from bytes that arrive in pieces cut anywhere.

    Without a declared encoding or a mark, text is ASCII until its first other byte, which decides:
    valid UTF-8, or `fallback`. `lenient`: bytes that are no text become lone surrogates. `line` is
    the number of the line that has been reached.
    """

    def __init__(
        self,
        declared: str = "",
        fallback: str = "",
        source: str = "the table",
        lenient: bool = False,
    ) -> None:
        self.encoding, self._lenient = declared, lenient
        self._fallback = fallback or FALLBACK
        self._source, self._held, self._begun = source, b"", False
        self._decoder: codecs.IncrementalDecoder | None = None
        self.line = 1

    def feed(self, data: bytes, final: bool = False) -> str:
        """The text of `data`, without a byte order mark. Raises InputError with the line for bytes
        that are none."""
        data = self._held + data
        self._held = b""
        if not self._begun and len(data) < HEAD and not final:
            self._held = data
            return ""
        if self._decoder is None:
            name = self.encoding or ("" if self._begun else encoding_of(data[:HEAD]))
            if not name and data.isascii():
                text = data.decode("ascii")
                return self._said(text)
            if not name:
                name = self._eight_bit(data, final)
                if not name:
                    return ""
            self.encoding = name
            self._decoder = codecs.getincrementaldecoder(
                "utf-8-sig" if codecs.lookup(name).name == "utf-8" else name
            )(self._errors)
        try:
            return self._said(self._decoder.decode(data, final))
        except UnicodeDecodeError as error:
            line = self.line + error.object[: error.start].count(b"\n")
            raise InputError(
                f"{self._source}, line {line}: byte 0x{error.object[error.start]:02x} is not"
                f" {self.encoding.removesuffix('-sig')} text; save the table as UTF-8 or declare"
                " its --encoding"
            ) from None

    @property
    def _errors(self) -> str:
        return (
            ("surrogatepass" if _wide(self.encoding) else "surrogateescape")
            if self._lenient
            else "strict"
        )

    def size(self, text: str) -> int:
        """The bytes that `text`, and what has not become text yet, were before."""
        held = len(self._held) + (len(self._decoder.getstate()[0]) if self._decoder else 0)
        name = (
            f"{self.encoding}-le"
            if self.encoding in ("utf-16", "utf-32")
            else self.encoding.removesuffix("-sig") or "utf-8"
        )
        return held + len(text.encode(name, "surrogatepass" if _wide(name) else "surrogateescape"))

    def _eight_bit(self, data: bytes, final: bool) -> str:
        """'utf-8' or the fallback by the first byte that is not ASCII; '' while its character is
        not complete."""
        at = next(i for i, byte in enumerate(data) if byte > 127)
        try:
            data[at:].decode()
        except UnicodeDecodeError as error:
            if error.start == 0 and error.reason == "unexpected end of data" and not final:
                self._held = data
                return ""
            return self._fallback if error.start == 0 else "utf-8"
        return "utf-8"

    def _said(self, text: str) -> str:
        if not self._begun and text:
            text, self._begun = text.removeprefix("\ufeff"), True
        self.line += text.count("\n")
        return text


def _wide(encoding: str) -> bool:
    """More than one byte for every character."""
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
