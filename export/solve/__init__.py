"""Solve the physics once: problems in weak form, solved in factored form, exported as models.

1. Name the axes: `x = space("x", 0, 1, zero="both")`, `t = time_axis("t", 0, 0.1)`, `k =
   parameter("k", 1, 2)`.
2. Write the weak form: `u, v = unknown(), test_function()`, `operator = d(u, t) * v + k * d(u, x) *
   d(v, x)`.
3. `problem = Problem("heat", (x, t, k), operator, load=1.0 * v)`; loads that are not products go
   through `separate`.
4. `solution = solve(problem, tolerance=1e-4)`, then `solution.model` answers queries like any other
   model.

`time` and `test`, older names of `time_axis` and `test_function`, are taken where they are named;
`import *` leaves them out, since they would hide the module `time` and the names of test runners.
"""

from .eigen.modes import Eigenmodes, eigenmodes
from .mapped import Mapped, mapped
from .mesh.axis import MeshAxis, mesh_space
from .mesh.carried import field_of
from .mesh.integrals import div, div_div, grad_grad, strain_strain
from .mesh.matrices import MatrixAxis, matrix_space
from .solve import Solution, solve
from .solvers.progress import Progress, Step
from .source.moving import moving_source
from .source.path import Path, polyline, tracks
from .source.shapes import Shape, gaussian, product_shape, ring, top_hat
from .weak_form.axes import ProblemAxis, component, parameter, space, time_axis
from .weak_form.axes import time as time
from .weak_form.errors import ProblemError
from .weak_form.forms import (
    Expression,
    coefficient,
    coincide,
    d,
    expression,
    on,
    test_function,
    total,
    unknown,
)
from .weak_form.forms import test as test
from .weak_form.functions import function_of
from .weak_form.problem import Problem
from .weak_form.separate import Separated, separate

__all__ = [
    "Eigenmodes",
    "Expression",
    "Mapped",
    "MatrixAxis",
    "MeshAxis",
    "Path",
    "Problem",
    "ProblemAxis",
    "ProblemError",
    "Progress",
    "Separated",
    "Shape",
    "Solution",
    "Step",
    "coefficient",
    "coincide",
    "component",
    "d",
    "div",
    "div_div",
    "eigenmodes",
    "expression",
    "field_of",
    "function_of",
    "gaussian",
    "grad_grad",
    "mapped",
    "matrix_space",
    "mesh_space",
    "moving_source",
    "on",
    "parameter",
    "polyline",
    "product_shape",
    "ring",
    "separate",
    "solve",
    "space",
    "strain_strain",
    "test_function",
    "time_axis",
    "top_hat",
    "total",
    "tracks",
    "unknown",
]
