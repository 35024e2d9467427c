"""What the process asks of the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sna_edge.station import interpreter

CODE = """
import gc, time
from sna_edge.station import interpreter

interpreter.begin()
kept = [[i] for i in range(300_000)]
interpreter.settle()
assert gc.get_threshold() == interpreter.COLLECT
start = time.thread_time()
gc.collect()
long = time.thread_time() - start
gc.unfreeze()
start = time.thread_time()
gc.collect()
print(long / (time.thread_time() - start))
"""


NICE = """
import os, sys, threading
from sna_edge.station import interpreter
os.nice(int(sys.argv[1]))
def nice():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
def run():
    interpreter.give_way()
    found.append(nice())
found = []
thread = threading.Thread(target=run)
thread.start()
thread.join()
print(nice(), *found)
"""
"""The niceness of a thread of the process, and of one that gives way."""


def test_the_collector_does_not_look_again_at_what_stays():
    found = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert float(found.stdout) < 0.5


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness on Linux only")
@pytest.mark.parametrize("more", [0, 5, 19])
def test_a_thread_that_gives_way_is_behind_the_others(more: int) -> None:
    """Of a station that was started with `nice -n 19` it was in front of them."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    usual, behind = map(
        int, subprocess.check_output([sys.executable, "-c", NICE, str(more)]).split()
    )
    assert usual == min(own + more, 19) and behind == min(usual + interpreter.BEHIND, 19)
