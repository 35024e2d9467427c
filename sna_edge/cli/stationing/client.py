"""A running station, asked over its own HTTP by who sits at its machine."""

from __future__ import annotations

import argparse
import getpass
import http.client
import json
import os
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ...errors import InputError
from .asked import configured

TOKEN = "SNA_EDGE_TOKEN"
SECONDS = 300.0
"""That an answer may take: a proof of many records does."""
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def options(parser: argparse.ArgumentParser) -> None:
    """Who asks, and why."""
    parser.add_argument(
        "--token-file", metavar="FILE",
        help=f"file that holds your token (default: the environment variable {TOKEN}), where the"
        " station asks for one; a token is never an argument, which others on the machine can see",
    )  # fmt: skip
    parser.add_argument("--why", default="", help="reason of a change; it is recorded with it")
    parser.add_argument("--who", default="", help="your name, for the record")


class Client:
    """The station whose configuration lies at `path`. Raises InputError where its configuration has
    no [http], or the token cannot be read."""

    def __init__(self, args: argparse.Namespace, path: str) -> None:
        config = configured(path)
        doors = [door.settings for door in config.doors if door.section == "http"]
        if not doors:
            raise InputError(
                f"{path} has no [http], so its station cannot be asked; add that table and start it"
                " again"
            )
        self._http, self._path, self._token = doors[0], path, _token(args.token_file)
        self._recipes = {name: tuple(one.recipes) for name, one in config.stations.items()}
        self._why, self._who = args.why, args.who or ("" if self._token else _user())

    def placed(self, name: str, *more: str) -> str:
        """The address of a recipe, given as STATION/RECIPE, or as STATION where it has one. Raises
        InputError for a name that leaves open which."""
        station, _, recipe = name.partition("/")
        own = self._recipes.get(station, ())
        if not recipe and len(own) != 1:
            known = {station: own} if own else self._recipes
            every = " or ".join(f"{s}/{r}" for s, recipes in known.items() for r in recipes)
            raise InputError(f"{name!r} names no recipe; give {every}")
        parts = "/".join(quote(part, safe="") for part in (station, "recipes", recipe or own[0]))
        return "/".join((f"/stations/{parts}", *more))

    def changed(
        self, method: str, address: str, said: Mapping[str, Any], data: bytes = b"", kind: str = ""
    ) -> Any:
        """What the station answers to a change: JSON in `said`, or `data` of a kind beside it.
        Raises InputError."""
        if not self._why.strip():
            raise InputError('a change needs a reason; give --why "..": it is recorded')
        said = {"why": self._why, **({"who": self._who} if self._who else {}), **said}
        if not kind:
            return self.asked(method, address, json.dumps(said).encode(), "application/json")
        return self.asked(method, f"{address}?{urlencode(said)}", data, kind)

    def asked(self, method: str, address: str, data: bytes = b"", kind: str = "") -> Any:
        """What it answers. Raises InputError with the sentence of the station, or where none
        answers."""
        headers = {"Content-Type": kind} if kind else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connected()
        try:
            connection.request(method, address, data or None, headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise InputError(
                f"no station answers at {self._http.address} ({why}); start it:"
                f" sna-edge station {self._path}"
            ) from None
        finally:
            connection.close()
        return _told(status, text)

    def _connected(self) -> http.client.HTTPConnection:
        host = ANYWHERE.get(self._http.host, self._http.host)
        if not self._http.certificate:
            return http.client.HTTPConnection(host, self._http.port, timeout=SECONDS)
        context = ssl.create_default_context()
        context.check_hostname = False  # it is the certificate itself that has to be the same
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        try:
            context.load_verify_locations(self._http.certificate)
        except OSError as error:
            raise InputError(f"cannot read {self._http.certificate}: {error.strerror}") from None
        return http.client.HTTPSConnection(host, self._http.port, timeout=SECONDS, context=context)


def _told(status: int, text: bytes) -> Any:
    try:
        told = json.loads(text)
    except ValueError:
        told = {"error": text.decode("utf-8", "replace").strip()[:300]}
    if status == 200:
        return told
    said = str(told.get("error") or told.get("message") or f"the station answers {status}")
    if status == 401:
        said = f"the station asks who calls; give --token-file, or set {TOKEN} ({said})"
    raise InputError(said)


def _token(path: str | None) -> str:
    if path is None:
        found = os.environ.get(TOKEN, "").strip()
        if found and not _is_token(found):
            raise InputError(f"{TOKEN} holds no token; set it to the token alone")
        return found
    try:
        with open(path, "rb") as file:
            found = file.read(1000).decode("ascii", "replace").strip()
    except OSError as error:
        raise InputError(
            f"cannot read the token in {path} ({error.strerror or error}); give --token-file the"
            " file that holds it, and let yourself read it"
        ) from None
    if not _is_token(found):
        raise InputError(f"{path} holds no token; write the token alone into it")
    return found


def _is_token(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name
        return ""
