# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # From a table to a device
#
# Steel is tempered; its hardness depends on temperature, time and the quenching medium. The table
# is made up, so that the truth is known. Needs `pip install 'sna-edge[export,plot]'`.

# %%
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd
import tempering

import sna_edge
from sna_edge.cli import main
from sna_export import plot

ROWS = 300
folder = Path(mkdtemp())
tempering.write(folder / "measured.csv", ROWS)
tempering.write(folder / "later.csv", 100, seed=1)
measured, later = (pd.read_csv(folder / f"{name}.csv") for name in ("measured", "later"))
measured.head(3)

# %% [markdown]
# One command fits the table: it tries several kinds of function, holds rows out, and writes one
# file with the model, the width of its intervals and which inputs it knows.

# %%
file = folder / "hardness.sna"
words = ["--target", "hardness", "--effort", "quick", "-o", str(file)]
words += ["--categorical", "medium", "--units", "temperature=C", "time=min", "hardness=HV"]
assert main(["fit", str(folder / "measured.csv"), *words]) == 0

# %%
model = sna_edge.load(file)
model

# %% [markdown]
# The profile through one setting: curve, interval, rows, and a limit of 320 HV.

# %%
at = {"temperature": 500, "time": 20, "medium": "oil"}
limits = {"hardness": (None, 320)}
plot.profile(model, at, rows=later, limits=limits)

# %% [markdown]
# How good is it on rows that it has not seen? Their residuals, and how often they lie in their
# intervals.

# %%
plot.residuals(model, later)

# %% [markdown]
# What matters, of the output itself and not of its logarithm:

# %%
plot.sensitivity(model)

# %% [markdown]
# The same file serves a Raspberry Pi (numpy) and a microcontroller (C, no heap). The exporter
# writes the sources, with reference values that they are checked against.

# %%
assert main(["export", str(file), "--to", "c", "-o", str(folder / "firmware")]) == 0
print(sorted(f.name for f in (folder / "firmware").iterdir()))

# %% [markdown]
# The device loads the file and gets value, interval and status.

# %%
device = sna_edge.load(file, backend="numpy")
answer = device.evaluate(at)
truth = tempering.hardness(500, 20, "oil")
print(
    f"{answer.value[0, 0]:.1f} HV, 90 % from {answer.lower[0, 0]:.1f} to {answer.upper[0, 0]:.1f};"
    f" truth {truth:.1f}"
)
assert abs(answer.value[0, 0] - truth) < 4  # the noise is 1 HV

# %% [markdown]
# Outside of what it knows it says so:

# %%
beyond = device.evaluate({"temperature": 700, "time": 20, "medium": "oil"})
device.status_name(int(beyond.status[0]))
