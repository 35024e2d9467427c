"""What the process asks of the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

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


def test_the_collector_does_not_look_again_at_what_stays():
    found = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert float(found.stdout) < 0.5


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness on Linux only")
def test_a_thread_that_gives_way_is_behind_the_others() -> None:
    found = []

    def run() -> None:
        interpreter.give_way()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found[0] >= interpreter.BEHIND
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < interpreter.BEHIND
