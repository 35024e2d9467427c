"""Ports of loopback for servers that open them later, and that nobody else gets meanwhile.

A port that the kernel names is given to the next who asks as soon as it is let go: to a test beside
this one, or to a connection on its way out. These lie below those of connections, and each is held
by a name until the process that asked for it ends.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

FIRST = 10_000
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""From where on the kernel gives ports to connections."""
_held: list[socket.socket] = []


def free_port() -> int:
    """A port that nothing listens at, and that no other process gets here while this one lives."""
    count = int(RANGE.read_text().split()[0]) - FIRST if RANGE.exists() else 0
    for i in range(count):
        port = FIRST + (97 * os.getpid() + i) % count
        if _hold(port) and _bound(port):
            return port
    return _bound(0)  # where names cannot be held: as good as the kernel's word


def _hold(port: int) -> bool:
    """Whether the name of a port is this process's from now on, and was nobody's before."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0sna-edge port {port}")
    except OSError:
        name.close()
        return False
    _held.append(name)
    return True


def _bound(port: int) -> int:
    """The port, once it could be bound; 0 where somebody has it."""
    with socket.socket() as plug:
        try:
            plug.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(plug.getsockname()[1])
