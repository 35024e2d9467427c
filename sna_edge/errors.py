"""Errors: one sentence with cause and next step, each tied to a status."""

from __future__ import annotations

from .status import Status


class SnaError(ValueError):
    """Base of all errors raised by sna_edge. `status` is the numbered status of the cause."""

    status: Status = Status.BAD_INPUT


class InputError(SnaError):
    """A name, a shape or a value given by the caller cannot be used."""


class DomainError(SnaError):
    """An input lies outside the closed domain. `row`, `axis`, `excess` say where and how far (axis
    units)."""

    status = Status.OUT_OF_DOMAIN

    def __init__(self, message: str, *, row: int = 0, axis: str = "", excess: float = 0.0) -> None:
        super().__init__(message)
        self.row, self.axis, self.excess = row, axis, excess


class NotClosed(SnaError):
    """The operation leaves the class of SNA models (non-identity link, categorical derivative,
    ...)."""

    status = Status.UNSUPPORTED


class ArtifactError(SnaError):
    """An artifact breaks a rule of FORMAT.md; `rule` is the rule's name there."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule
        unsupported = rule in ("unsupported_version", "unsupported_feature")
        self.status = Status.UNSUPPORTED if unsupported else Status.CORRUPT


class BackendError(SnaError):
    """A backend is not installed or cannot serve this model; the message says what to do."""

    status = Status.UNSUPPORTED


class TrustError(SnaError):
    """The keys of this machine do not vouch for a file; `rule` names why: `unsigned`,
    `wrong_signature`, `unknown_key`, `key_not_permitted` or `older_version`."""

    status = Status.NOT_VERIFIED

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule
