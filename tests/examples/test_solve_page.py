"""The code of docs/solve.md runs and every word of its table exists."""

import re

import numpy as np

import sna_export.solve


def test_the_page_runs_and_solves_its_equation(root):
    page = (root / "docs" / "solve.md").read_text(encoding="utf-8")
    code, *more = re.findall(r"```python\n(.*?)```", page, re.S)
    space = {}
    exec(compile(code, "docs/solve.md", "exec"), space)
    value = space["solution"].model(x=0.5, t=0.1, diffusivity=1.0, film=0.5)[0]
    assert abs(value - differences(1.0, 0.5)) <= 2e-4 * abs(value)
    for block in more:
        exec(compile(block, "docs/solve.md", "exec"), space)


def differences(k, h, cells=400, steps=4000):
    """u(0.5, 0.1) by central differences in space and the trapezoidal rule in time."""
    x = np.linspace(0, 1, cells + 1)
    width, dt = 1 / cells, 0.1 / steps
    matrix = np.zeros((cells + 1, cells + 1))
    for i in range(1, cells):
        matrix[i, i - 1 : i + 2] = k / width**2 * np.array([1, -2, 1])
    matrix[cells, cells - 1 :] = 2 * k / width**2 * np.array([1.0, -1 - h * width / k])
    load = np.exp(-10 * x) * (x > 0)
    step = np.linalg.solve(
        np.eye(cells + 1) - dt / 2 * matrix,
        np.column_stack([np.eye(cells + 1) + dt / 2 * matrix, dt * load]),
    )
    u = np.zeros(cells + 1)
    for _ in range(steps):
        u = step[:, :-1] @ u + step[:, -1]
    return u[cells // 2]


def test_every_word_of_the_page_is_public(root):
    table = [
        line
        for line in (root / "docs" / "solve.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    words = {w for line in table for w in re.findall(r"`(\w+)\(", line.split("|")[1])}
    assert {"space", "time_axis", "parameter", "component", "d", "coincide", "separate"} <= words
    assert all(hasattr(sna_export.solve, w) for w in words)
