"""The unit with which systemd runs a station: watched by the thread that judges, restarted, and let
do little else than listen and write its records."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from ..errors import InputError
from .checking import listeners
from .config import Configuration

STATE = "/var/lib"
"""Below it systemd makes the folder of a unit that it runs under a user of its own."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
LOCAL = ("localhost", "127.0.0.1", "::1", "")

HEAD = """[Unit]
Description=The station beside a line (sna-edge)
After=network-online.target time-sync.target local-fs.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={program} station {config}
# fed by the thread that judges: one that is stuck is started anew
WatchdogSec=10
Restart=always
RestartSec=1
TimeoutStartSec=120
# longer than stop_seconds of the configuration: what waits is judged and recorded first
TimeoutStopSec={stop}
"""
MORE = """# a folder that is watched, a store of models, the folder of limits and tokens
# that people change by the page, are named here:
# ReadWritePaths=/opt/sna/in"""
HARD = """UMask=0077
LimitNOFILE=4096
MemoryMax=512M
TasksMax=64
# it reads a model and limits, listens, and writes records: it needs nothing else
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateIPC=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @mount @debug @cpu-emulation @obsolete @raw-io @reboot @swap @module
SystemCallErrorNumber=EPERM
"""  # noqa: E501
TAIL = """
[Install]
WantedBy=multi-user.target
"""


def unit_of(
    config: Configuration,
    name: str = "sna-station",
    user: str = "",
    allow: Sequence[str] = (),
    program: str = "",
) -> str:
    """The text of NAME.service. `user` runs it ("": one that systemd makes); `allow`: networks
    beside this machine; `program`: the command `sna-edge`. Raises InputError for a name that is
    none, a network that is none, and a folder that the user of systemd could not write."""
    if not NAME.fullmatch(name):
        raise InputError(f"--name is {name!r}; use letters, digits, _ and -, like sna-station")
    if user and not USER.fullmatch(user):
        raise InputError(f"--user is {user!r}; name a user of this machine, like sna")
    for network in allow:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise InputError(
                f"--allow has {network!r}; write networks like 192.168.7.0/24"
            ) from None
    path = os.path.abspath(config.path)
    head = HEAD.format(
        program=_quoted(_program(program)), config=_quoted(path),
        stop=round(2 * config.stop_seconds + 10),
    )  # fmt: skip
    written, below = _written(config), f"{STATE}/{name}"
    if user:
        folders = _highest([*written, *_changed(config, _program(program))], user)
        rights = [f"User={user}", *(f"ReadWritePaths={_quoted(one)}" for one in folders)]
    else:
        rights = ["DynamicUser=yes", f"StateDirectory={name}", "StateDirectoryMode=0700"]
        for folder in written:
            if not _below(folder, below):
                raise InputError(
                    f"systemd lets a user of its own write below {below} only, and the station"
                    f" writes {folder}; move it there, or give --user"
                )
    rights.append(f"WorkingDirectory={_quoted(os.path.dirname(path))}")
    rights += [] if user else [MORE]
    named = [path, *written, _program(program), os.path.realpath(sys.executable)]
    home = "read-only" if any(one.startswith(("/home/", "/root/")) for one in named) else "yes"
    text = head + "".join(f"{line}\n" for line in rights) + HARD.format(home=home)
    return text + "".join(f"{line}\n" for line in _network(config, allow)) + TAIL


def _written(config: Configuration) -> list[str]:
    """Folders that the station writes, absolute."""
    found = [config.data]
    for door in config.doors:
        if door.section == "folder":
            found.append(door.settings.path)
        if door.section == "aqdef":
            found.append(door.settings.folder)
    found += [recipe.store for station in config.stations.values()
              for recipe in station.recipes.values() if recipe.store]  # fmt: skip
    return list(dict.fromkeys(os.path.abspath(folder) for folder in found))


def _changed(config: Configuration, program: str) -> Iterator[str]:
    """Folders of limits and tokens, which people change by the page; one that holds the program,
    too, stays closed."""
    files = [recipe.limits for station in config.stations.values()
             for recipe in station.recipes.values()]  # fmt: skip
    files += [path for door in config.doors if (path := getattr(door.settings, "tokens", ""))]
    for file in files:
        folder = os.path.dirname(os.path.abspath(file))
        if not _below(program, folder):
            yield folder


def _highest(folders: Sequence[str], user: str) -> list[str]:
    """Without those below others. Raises InputError for one that is not there: systemd cannot let
    a station write what nobody has made."""
    there = [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)]
    found = [one for one in there if not any(_below(one, other) for other in there if other != one)]
    for folder in folders:
        if not any(folder == one or _below(folder, one) for one in found):
            raise InputError(
                f"the station writes {folder}, which is not there; make it first: sudo install -d"
                f" -o {user} {folder}"
            )
    return found


def _below(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


def _network(config: Configuration, allow: Sequence[str]) -> Iterator[str]:
    """Who it may speak with: this machine, and the networks that were given."""
    hosts = [host for _, (host, _) in listeners(config)] + list(_reached(config))
    if allow or all(host in LOCAL or host.startswith("127.") for host in hosts):
        yield "IPAddressDeny=any"
        yield f"IPAddressAllow={' '.join(['localhost', *allow])}"
    else:
        yield "# it may speak with every address; sna-edge station unit --allow NETWORK narrows it"


def _reached(config: Configuration) -> Iterator[str]:
    """Hosts that the station calls."""
    for door in config.doors:
        broker, url = getattr(door.settings, "broker", None), getattr(door.settings, "url", "")
        if broker is not None:
            yield broker.host
        if url:
            yield urlsplit(url).hostname or ""


def _program(given: str) -> str:
    """The command as systemd has to call it: an absolute path."""
    if os.path.basename(given) == "sna-edge":
        return os.path.abspath(shutil.which(given) or given)
    return os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "sna-edge")


def _quoted(path: str) -> str:
    """A path in a unit: % begins a specifier, blanks end a word."""
    path = path.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')
    return f'"{path}"' if set(path) & set(" \t;$'") else path
