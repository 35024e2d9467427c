"""What the process asks of the interpreter."""

from __future__ import annotations

import subprocess
import sys

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
