"""Who calls, and whether it is a page of somebody else that makes a browser call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .people import ANYBODY, People, Person
from .protocol import PEER
from .roster import Roster, Tell
from .settings import HttpSettings

OWN = frozenset(("localhost", "127.0.0.1", "::1"))
COOKIE = "station-token"
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,200}")
"""What a cookie can hold."""
SAFE = ("GET", "HEAD", "OPTIONS")
OWN_SITE = "same-origin"
OWN_SITES = (OWN_SITE, "none")
"""What a browser says of where a request comes from: of this page, or of nobody's."""
Scope = Mapping[str, Any]


class Refused(Exception):
    """`status` and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Guard:
    """Lets people in as the settings say."""

    def __init__(self, settings: HttpSettings, tell: Tell = lambda event, **told: None) -> None:
        people = settings.people
        self.roster = None if people is None else Roster(settings.tokens, people, tell)
        self._hosts = OWN | {settings.host.lower(), *(h.lower() for h in settings.hosts)}
        self._everywhere = settings.people is not None and not settings.hosts

    def person(self, scope: Scope, role: str) -> Person:
        """Who calls, and may do what needs `role`. Raises Refused."""
        headers = self.same_place(scope)
        person = ANYBODY if self.roster is None else self._known(self.roster.now(), scope, headers)
        if not person.may(role):
            raise Refused(403, f"{person.name} has the role {person.role}; this needs {role}")
        return person

    def entered(self, scope: Scope, token: str) -> Person:
        """Whose token a person has typed in. Raises Refused."""
        self.same_place(scope)
        person = ANYBODY if self.roster is None else self.roster.now().by_token(token)
        if person is None or not TOKEN.fullmatch(token):
            raise Refused(401, "nobody has this token; sna-edge station token NAME makes one")
        return person

    def same_place(self, scope: Scope) -> dict[str, str]:
        """The headers. Raises Refused for a browser that was led here by another page, which says
        so in Host or Origin."""
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        host = headers.get("host", "")
        if not self._everywhere and _name(host) not in self._hosts:
            raise Refused(403, "this station is not called by that name; add it to hosts in [http]")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            raise Refused(403, "a page of another origin may not call this station")
        if scope["method"] not in SAFE and headers.get("sec-fetch-site", OWN_SITE) not in OWN_SITES:
            raise Refused(403, "a page of another site may change nothing here")
        return headers

    def _known(self, people: People, scope: Scope, headers: Mapping[str, str]) -> Person:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            token = _cookie(headers.get("cookie", ""))
        found = people.by_token(token.strip()) if token else None
        found = found or people.by_certificate(scope.get("state", {}).get(PEER))
        if found is None:
            raise Refused(
                401, "who are you? send Authorization: Bearer TOKEN, or a client certificate"
            )
        return found


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _cookie(header: str) -> str:
    """The token in a Cookie header; read by hand, since the reader of the standard library takes a
    time that grows with the square of a hostile header."""
    for one in header.split(";"):
        name, _, value = one.partition("=")
        if name.strip() == COOKIE:
            return value.strip().strip('"')
    return ""
