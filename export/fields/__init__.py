"""Fields of a part from runs of another solver: a table of runs in, one model of nodes and
parameters out.

    u(node, p) = mean(node) + sum_k phi_k(node) c_k(p)

The modes phi_k are those of a proper orthogonal decomposition of the runs, every coefficient c_k is
a fit. `read_snapshots` reads table and result files, `fit_fields` makes the model and judges it by
runs left out, `next_runs` says where another run would help most.
"""

from .fields import FieldsFit, fit_fields
from .next_runs import NextRuns, next_runs
from .snapshots import Snapshots, read_snapshots

__all__ = ["FieldsFit", "NextRuns", "Snapshots", "fit_fields", "next_runs", "read_snapshots"]
