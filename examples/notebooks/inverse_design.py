# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Inverse design
#
# Which settings give a hardness of 330 HV, which of them are safe where the furnace scatters, and
# which setting made a part that was measured? Needs `pip install 'sna-edge[export,plot]'`.

# %%
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import tempering

import sna_edge
from sna_edge.cli import main
from sna_edge.inverse import in_spec, level_set, posterior, roots
from sna_export import plot

ROWS = 300
folder = Path(mkdtemp())
tempering.write(folder / "measured.csv", ROWS)
file = folder / "hardness.sna"
words = ["--target", "hardness", "--effort", "quick", "-o", str(file)]
words += ["--categorical", "medium", "--units", "temperature=C", "time=min", "hardness=HV"]
assert main(["fit", str(folder / "measured.csv"), *words]) == 0
model = sna_edge.load(file)

# %% [markdown]
# One unknown: *all* temperatures that give the target. The curve is not monotone, so there are
# two.

# %%
at = {"time": 20, "medium": "oil"}
found = roots(model, "temperature", 285.0, at)
print(found.values.round(1))
plot.inverse(found, model, {"hardness": 285.0}, at)

# %% [markdown]
# Several unknowns: many different settings, spread over all there are.

# %%
ways = level_set(model, {"hardness": 285.0}, ["temperature", "time", "medium"], 200)
assert np.abs(ways.value - 285.0).max() < 1e-6
plot.inverse(ways)

# %% [markdown]
# Which settings keep the parts between 270 and 300 HV with 95 % probability although the furnace
# scatters by 5 C?

# %%
limits = {"hardness": (270.0, 300.0)}
safe = in_spec(
    model,
    limits,
    ["temperature", "time"],
    0.95,
    8,
    at={"medium": "oil"},
    scatter={"temperature": 5.0},
)
safe.solutions[:3]

# %%
plot.contour(model, ["temperature", "time"], {"medium": "oil"}, shown="probability", limits=limits)

# %%
setting = {"medium": "oil", **safe.solutions[0]}
plot.sweep(model, setting, scatter={"temperature": 5.0}, limits=limits)

# %% [markdown]
# And back: a part of 15 minutes in oil was measured at 290 HV, with a gauge of 1 HV. At which
# temperature was it? The posterior has both ways.

# %%
caused = posterior(
    model,
    {"hardness": np.array([290.0])},
    ["temperature"],
    1.0,
    n=1000,
    at={"time": 15, "medium": "oil"},
)
print(caused.mode.round(1).ravel(), "shares", caused.mode_share.round(2))
plot.inverse(caused)
