"""Who may do what: every role at every operation, and who is led here by another page."""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sna_edge.station.http.people import ROLES
from sna_edge.station.operations import OPERATIONS, Operation

from ..http.test_people import certificates
from ..plants import asked
from .people import HTTP, Peopled

ROOT = Path(__file__).resolve().parents[4]
NAMES = {"station": "press-1", "recipe": "default", "name": "nobody"}
NEEDS = {
    "see the limits that judge": "operator",
    "change limits": "engineer",
    "see the models of a store": "operator",
    "switch to another model": "engineer",
    "go back to the model before": "engineer",
    "tell the study of a gauge": "engineer",
    "say that a measured value is wrong": "engineer",
    "export verdicts as CSV": "operator",
    "see who may call": "admin",
    "add somebody": "admin",
    "revoke somebody": "admin",
    "verify the records": "admin",
    "back the records up": "admin",
    "let old records go now": "admin",
}
"""Written here a second time on purpose: a role that is loosened by mistake shows."""
CHANGING = [one for one in OPERATIONS if one.method != "GET"]


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peopled]:
    found = Peopled(tmp_path_factory.mktemp("roles"), http=HTTP + "page = true\n")
    yield found
    found.close()


def words(one: Operation) -> str:
    return one.words


@pytest.mark.parametrize("role", ["", *ROLES])
@pytest.mark.parametrize("one", OPERATIONS, ids=words)
def test_every_role_at_every_operation(station: Peopled, one: Operation, role: str) -> None:
    may = role != "" and ROLES.index(role) >= ROLES.index(NEEDS[one.words])
    said = None if one.method == "GET" else {}
    before = len(station.events())
    status, told = station.asked(role, one.method, one.address.format(**NAMES), said)
    if may:
        assert status == (200 if one.method == "GET" else 409), told
    else:
        assert status == (403 if role else 401), told
        if role:
            assert told["error"] == f"{role} has the role {role}; this needs {NEEDS[one.words]}"
    assert len(station.events()) == before


@pytest.mark.parametrize(
    ("method", "address", "needs"),
    [
        ("POST", "/stations/press-1/parts", "line"),
        ("GET", "/metrics", "line"),
        ("GET", "/status", "operator"),
        ("GET", "/operations", "operator"),
        ("GET", "/page/me", "operator"),
        ("POST", "/page/acknowledge", "operator"),
        ("POST", "/page/advice", "operator"),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_what_the_line_and_operators_do(
    station: Peopled, method: str, address: str, needs: str, role: str
) -> None:
    said = {"part": f"A-{role}", "power": 200} if needs == "line" and method == "POST" else {}
    status, _ = station.asked(role, method, address, said if method == "POST" else None)
    assert (status == 403) == (ROLES.index(role) < ROLES.index(needs)), status


def test_control_limits_are_made_anew_by_engineers(station: Peopled) -> None:
    for role in ROLES[1:]:
        status, told = station.asked(role, "POST", "/page/limits", {"why": "x"})
        assert status == (403 if role == "operator" else 409)
        assert ("for engineers" in told["message"]) == (role == "operator")


@pytest.mark.parametrize("one", CHANGING, ids=words)
def test_a_page_of_another_place_changes_nothing(station: Peopled, one: Operation) -> None:
    address = one.address.format(**NAMES)
    cookie = f"station-token={station.tokens['admin']}"
    before = len(station.events())
    for headers in (
        {"Origin": "http://elsewhere.test"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        status, _ = station.asked("", one.method, address, {"why": "x"}, Cookie=cookie, **headers)
        assert status == 403, headers
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        status, _ = station.asked("", one.method, address, b"why=x", kind, Cookie=cookie)
        assert status == 415, kind
    own = {"Origin": station.at, "Sec_Fetch_Site": "same-origin"}
    assert station.asked("", one.method, address, {}, Cookie=cookie, **own)[0] == 409
    assert len(station.events()) == before


@pytest.mark.parametrize("address", ["/", "/page/me", "/records.csv", "/operations"])
def test_a_link_of_another_site_opens_the_page_and_its_scripts_read_nothing(
    station: Peopled, address: str
) -> None:
    cookie = f"station-token={station.tokens['admin']}"
    for site in ("cross-site", "same-site", "none"):
        found = station.asked("", "GET", address, Cookie=cookie, Sec_Fetch_Site=site)
        assert found[0] == 200, site
    for origin in ("http://elsewhere.test", "null") if address != "/" else ():
        found = station.asked("", "GET", address, Cookie=cookie, Origin=origin)
        assert found[0] == 403, origin


def test_the_list_is_what_the_role_may(station: Peopled) -> None:
    for role in ROLES[1:]:
        told = station.asked(role, "GET", "/operations")[1]
        may = {w for w, needs in NEEDS.items() if ROLES.index(role) >= ROLES.index(needs)}
        assert {one["words"] for one in told["operations"]} == may and told["role"] == role


def test_other_methods_and_names_are_refused(station: Peopled) -> None:
    at = "/stations/press-1/recipes/default/limits"
    status, told = station.asked("admin", "DELETE", at, {})
    assert status == 405 and told["error"] == "here is GET and PUT"
    for address in (at.replace("default", "other"), at.replace("press-1", "press-9")):
        assert station.asked("admin", "GET", address)[0] == 404
    assert station.asked("admin", "PUT", at, b"[1]")[0] == 400
    assert station.asked("admin", "PUT", at, b"{" * 5000)[0] == 400


def test_the_page_says_who_may_do_what() -> None:
    text = (ROOT / "docs/station.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| `(\w+) (\S+)` \| (\w+) \|$", text, re.M)
    assert rows == [(o.words, o.method, o.address, o.role) for o in OPERATIONS]


def test_certificates_of_clients_have_roles_too(tmp_path: Path) -> None:
    certificates(tmp_path)
    tls = 'tls_certificate = "server.pem"\ntls_key = "server.key"\nclient_ca = "ca.pem"\n'
    found = Peopled(tmp_path, http=HTTP + tls)
    try:
        with open(tmp_path / "tokens.toml", "a") as file:
            file.write('[certificates.maria]\nrole = "engineer"\n')
        at = found.at.replace("http:", "https:")

        def status(address: str, who: str) -> int:
            context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
            context.load_cert_chain(tmp_path / f"{who}.pem", tmp_path / f"{who}.key")
            try:
                with urllib.request.urlopen(at + address, timeout=60, context=context) as got:
                    return int(got.status)
            except urllib.error.HTTPError as error:
                return error.code

        assert (status("/records.csv", "maria"), status("/people", "maria")) == (200, 403)
        assert status("/records.csv", "stranger") == 401
        (told,) = found.events("people changed")
        assert (told["who"], told["added"]) == ("file", ["maria (engineer, certificate)"])
    finally:
        found.close()


def test_where_nobody_is_asked_everything_is_allowed(tmp_path: Path) -> None:
    found = Peopled(tmp_path, http='[http]\nlisten = "127.0.0.1:0"\n')
    try:
        assert asked(f"{found.at}/stations/press-1/recipes/default/limits")[0] == 200
        status, told, _ = asked(f"{found.at}/people")
        assert status == 409 and b"asks nobody who calls" in told
        assert asked(f"{found.at}/operations", Host="evil.test")[0] == 403
    finally:
        found.close()
