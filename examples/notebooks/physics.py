# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A differential equation, solved once for all its parameters
#
# A rod of 1 m is 100 K above the room at one end and loses heat at the other: `-k u'' = 0`, `k
# u'(1) + h u(1) = 0`. The film coefficient `h` is an axis of the solution, like the place. Needs
# `pip install 'sna-edge[export,plot]'`.

# %%
from sna_edge import Uniform
from sna_edge.inverse import roots
from sna_export import plot
from sna_export.solve import (
    Problem,
    d,
    expression,
    on,
    parameter,
    solve,
    space,
    test_function,
    unknown,
)

CONDUCTIVITY = 20.0  # W/(m K)
x = space("x", 0.0, 1.0, spans=4, degree=2, zero="lower", unit="m")
h = parameter("film", 5.0, 100.0, spans=8, degree=5, unit="W/(m2 K)")
u, v = unknown(), test_function()
weak = CONDUCTIVITY * d(u, x) * d(v, x) + h * u * v * on(x, "upper")
rod = Problem(
    "cooling-rod", (x, h), weak, 0.0 * v, lift=expression(100.0), output="temperature", unit="K"
)
solution = solve(rod, tolerance=1e-8)
model = solution.model
model

# %% [markdown]
# The exact solution is `100 (1 - x h / (k + h))`. The estimate of the error needs no exact
# solution:

# %%
print(f"tip at h = 30: {model(x=1.0, film=30.0)[0]:.4f} K, by hand 40 K")
print(f"estimated relative error: {solution.estimate.relative:.1e}")
assert abs(model(x=1.0, film=30.0)[0] - 40.0) < 1e-3

# %%
plot.contour(model, ["x", "film"])

# %% [markdown]
# Means over a parameter are exact, without sampling; and what a thermometer says at the tip gives
# the film coefficient back.

# %%
average = model.at(x=1.0).mean({"film": Uniform(20.0, 40.0)})
back = roots(model, "film", 40.0, {"x": 1.0})
print(f"on average for h between 20 and 40: {average[0]:.4f} K; 40 K at the tip: h = {back.values}")
assert abs(back.values[0] - 30.0) < 1e-2
plot.inverse(back, model, {"temperature": 40.0}, {"x": 1.0})

# %% [markdown]
# The one-dimensional functions that the solution is made of:

# %%
plot.atoms(model)
