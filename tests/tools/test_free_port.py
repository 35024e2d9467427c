"""Ports for servers of tests that run side by side."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ..sna_edge.station.waiting import free_port

FOLDER = Path(__file__).resolve().parents[2] / "tools" / "station"
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
BESIDE = f"""import os, sys
sys.path.insert(0, {str(FOLDER)!r})
os.getpid = lambda: {{pid}}
from free_port import free_port
print(*(free_port() for _ in range(50)))
"""
"""A process that looks where this one does."""


@pytest.mark.skipif(not RANGE.exists(), reason="the ports of connections are those of Linux")
def test_no_port_is_given_twice_to_a_connection_or_to_another_process() -> None:
    own = {free_port() for _ in range(50)}
    program = BESIDE.format(pid=os.getpid())
    told = subprocess.check_output([sys.executable, "-c", program], text=True)
    other = {int(port) for port in told.split()}
    assert len(own) == len(other) == 50 and not own & other
    assert max(own | other) < int(RANGE.read_text().split()[0])


@pytest.mark.skipif(not RANGE.exists(), reason="the ports of connections are those of Linux")
def test_a_port_that_somebody_has_is_left_out() -> None:
    first = free_port()
    with socket.socket() as other:
        with suppress(OSError):  # somebody has it
            other.bind(("127.0.0.1", first + 1))
        assert free_port() not in (first, first + 1)
