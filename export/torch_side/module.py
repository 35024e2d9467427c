"""SeparableModule: the model class as a torch module, from which a Model is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from sna_edge import Model, Output
from sna_edge.core.basis import bspline, uniform_breaks
from sna_edge.core.interaction import TT
from sna_edge.errors import InputError

from ..adopt.adopted import Adopted, Domain
from .atoms import KINDS, BSplineAtoms, ChebyshevAtoms, FourierAtoms, MlpAtoms, RadialAtoms

Tensor = torch.Tensor


class SeparableModule(torch.nn.Module):
    """y_k = g_k((bias_k + sum_r W[r,k] prod_{d in S_r} phi_{d,r}(x_d)) scale_k + centre_k), shapes
    x [N, D] -> y [N, K].

    `atoms`: "bspline", "fourier", "chebyshev", "radial" or "mlp", or one per axis; `size`: spans,
    harmonics, degree, centres, or the widths of the hidden layers. `uses` [D, R]: which axes a mode
    multiplies (all by default). `ranks`: a tensor train of these inner ranks [D-1] instead of
    modes. Parameters are float64 until `.float()`. Raises InputError.

    >>> module = SeparableModule([Domain("power", "W", 100.0, 400.0)], modes=4)
    >>> tuple(module(torch.tensor([[200.0], [300.0]], dtype=torch.float64)).shape)
    (2, 1)
    """

    def __init__(
        self,
        domain: Sequence[Domain],
        outputs: Sequence[Output] = (Output("y"),),
        *,
        modes: int = 8,
        atoms: str | Sequence[str] = "bspline",
        size: int | tuple[int, ...] = 8,
        degree: int = 3,
        uses: np.ndarray | None = None,
        ranks: Sequence[int] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.domain, self.outputs = tuple(domain), tuple(outputs)
        kinds = [atoms] * len(self.domain) if isinstance(atoms, str) else list(atoms)
        if len(kinds) != len(self.domain) or not set(kinds) <= set(KINDS):
            raise InputError(
                f"atoms {kinds} do not fit {len(self.domain)} inputs; use {', '.join(KINDS)}, one"
                " or one per input"
            )
        generator = torch.Generator().manual_seed(seed)
        ranks = None if ranks is None else (1, *ranks, modes)
        uses = (
            np.ones((len(self.domain), modes), dtype=bool)
            if uses is None
            else np.asarray(uses, dtype=bool)
        )
        counts = uses.sum(axis=1) if ranks is None else np.multiply(ranks[:-1], ranks[1:])
        made = [
            _make(k, d, size, degree, int(c), generator)
            for k, d, c in zip(kinds, self.domain, counts, strict=True)
        ]
        self._hold(made, uses, ranks, generator)

    def _hold(
        self,
        atoms: Sequence[torch.nn.Module],
        uses: np.ndarray,
        ranks: tuple[int, ...] | None,
        generator: torch.Generator,
    ) -> None:
        """Take the atoms, and weights of a fresh start."""
        self.atoms, self.uses, self.ranks = torch.nn.ModuleList(atoms), uses, ranks
        modes = uses.shape[1] if ranks is None else ranks[-1]
        self.weights = torch.nn.Parameter(
            torch.empty((modes, len(self.outputs)), dtype=torch.float64)
        )
        self.bias = torch.nn.Parameter(torch.empty(len(self.outputs), dtype=torch.float64))
        self.register_buffer("centre", torch.zeros(len(self.outputs), dtype=torch.float64))
        self.register_buffer("spread", torch.ones(len(self.outputs), dtype=torch.float64))
        self._start_sum(generator)

    def reset_parameters(self, seed: int) -> None:
        """The numbers a module of this structure has when it is made with that seed."""
        generator = torch.Generator().manual_seed(seed)
        for atom in self.atoms:
            atom.reset_parameters(generator)
        self._start_sum(generator)

    @torch.no_grad()
    def _start_sum(self, generator: torch.Generator) -> None:
        self.weights.copy_(
            torch.randn(self.weights.shape, generator=generator, dtype=torch.float64)
            / len(self.weights)
        )
        self.bias.zero_()
        if self.ranks is not None:
            self._start_train()

    def _start_train(self) -> None:
        """Entries of a train start near the identity: products of random matrices would vanish or
        explode."""
        assert self.ranks is not None
        with torch.no_grad():
            for atom, left, right in zip(self.atoms, self.ranks[:-1], self.ranks[1:], strict=True):
                one = torch.eye(
                    left, right, dtype=self.weights.dtype, device=self.weights.device
                ).reshape(-1)
                if isinstance(atom, MlpAtoms):
                    atom.layers[-1].bias.copy_(one)
                else:
                    atom.table.sub_(1.0 if isinstance(atom, BSplineAtoms) else 0.0).mul_(0.5)
                    atom.table[slice(None) if isinstance(atom, BSplineAtoms) else slice(1)] += one

    def features(self, x: Tensor) -> list[Tensor]:
        """What the atoms see of x, axis by axis; free of parameters."""
        return [atom.features(x[:, d]) for d, atom in enumerate(self.atoms)]

    def scaled(self, features: Sequence[Tensor]) -> Tensor:
        """(f - centre) / spread [N, K]: what is trained, of order one."""
        values = [atom(f) for atom, f in zip(self.atoms, features, strict=True)]
        if self.ranks is not None:
            v = values[0].unsqueeze(1)
            for value, left, right in zip(
                values[1:], self.ranks[1:-1], self.ranks[2:], strict=True
            ):
                v = v @ value.reshape(-1, left, right)
            return v[:, 0] @ self.weights + self.bias
        product = None
        for value, used in zip(values, self.uses, strict=True):
            if not used.any():
                continue
            if not used.all():
                index = torch.as_tensor(np.flatnonzero(used), device=value.device)
                value = torch.ones(
                    (len(value), len(used)), dtype=value.dtype, device=value.device
                ).index_copy(1, index, value)
            product = value if product is None else product * value
        assert product is not None
        return product @ self.weights + self.bias

    def linear(self, x: Tensor) -> Tensor:
        """f [N, K] before the links."""
        return self.scaled(self.features(x)) * self.spread + self.centre

    def forward(self, x: Tensor) -> Tensor:
        """y [N, K] in output units at x [N, D]."""
        f = self.linear(x)
        links: dict[str, Any] = {
            "identity": lambda v: v,
            "exp": torch.exp,
            "logistic": torch.sigmoid,
        }
        columns = [links[o.link](f[:, k]) * o.scale + o.offset for k, o in enumerate(self.outputs)]
        return torch.stack(columns, dim=1)

    def adopted(self) -> Adopted:
        """The same function for the compiler."""
        numbers = {
            n: getattr(self, n).detach().cpu().double().numpy()
            for n in ("weights", "bias", "centre", "spread")
        }
        bias = numbers["bias"] * numbers["spread"] + numbers["centre"]
        outputs = tuple(
            Output(o.name, o.unit, o.link, o.scale, o.offset, float(b))
            for o, b in zip(self.outputs, bias, strict=True)
        )
        modes = tuple(np.flatnonzero(u) for u in self.uses)
        atoms = tuple(a.adopted() for a in self.atoms)
        if self.ranks is not None:
            modes = tuple(np.arange(a.count) for a in atoms)
        return Adopted(
            self.domain,
            atoms,
            modes,
            numbers["weights"] * numbers["spread"],
            outputs,
            "torch module",
            self.ranks,
        )

    def model(self, error: float = 1e-6) -> Model:
        """Tables of every atom: exact for B-splines, certified to `error` of the range
        otherwise."""
        return self.adopted().compile(error)

    @classmethod
    def from_model(cls, model: Model, seed: int | None = None) -> SeparableModule:
        """A module on the bases of a model, holding its numbers: a warm start, by `fit` for
        instance. With a `seed` it takes the structure alone and starts as new.
        """
        work = model.interaction
        module = cls.__new__(cls)
        torch.nn.Module.__init__(module)
        module.domain = tuple(
            Domain(a.name, a.unit, a.lower, a.upper, a.level_names) for a in model.axes
        )
        module.outputs = tuple(
            Output(o.name, o.unit, o.link, o.scale, o.offset) for o in model.outputs
        )
        generator = torch.Generator().manual_seed(seed or 0)
        atoms = [
            BSplineAtoms(a.basis, t.shape[1], generator)
            for a, t in zip(model.axes, work.tables, strict=True)
        ]
        if isinstance(work, TT):
            module._hold(atoms, np.ones((len(atoms), work.rank), dtype=bool), work.ranks, generator)
        else:
            module._hold(atoms, work.uses, None, generator)
        if seed is None:
            module._take(model)
        return module

    def _take(self, model: Model) -> None:
        """The numbers of a model on the same bases."""
        with torch.no_grad():
            for atom, table in zip(self.atoms, model.interaction.tables, strict=True):
                atom.table.copy_(torch.as_tensor(np.array(table[: len(atom.table)])))
            self.weights.copy_(torch.as_tensor(np.array(model.interaction.weights)))
            self.centre.copy_(torch.tensor([o.bias for o in model.outputs], dtype=torch.float64))


def khronos(
    domain: Sequence[Domain],
    outputs: Sequence[Output] = (Output("y"),),
    *,
    modes: int = 16,
    spans: int = 10,
    seed: int = 0,
) -> SeparableModule:
    """Kernel-expansion network: quadratic B-splines on a uniform grid per axis, products over axes,
    a linear head.

    Source: KHRONOS (2025): separable kernel expansions with second-order B-splines.
    """
    return SeparableModule(
        domain, outputs, modes=modes, atoms="bspline", size=spans, degree=2, seed=seed
    )


def _make(
    kind: str, box: Domain, size: Any, degree: int, count: int, generator: torch.Generator
) -> torch.nn.Module:
    number = size if isinstance(size, int) else size[0]
    if kind == "bspline":
        return BSplineAtoms(
            bspline(uniform_breaks(box.lower, box.upper, number), degree), count, generator
        )
    if kind == "mlp":
        hidden = (size,) * 2 if isinstance(size, int) else tuple(size)
        return MlpAtoms(box.lower, box.upper, hidden, count, generator)
    made = {"fourier": FourierAtoms, "chebyshev": ChebyshevAtoms, "radial": RadialAtoms}[kind]
    return made(box.lower, box.upper, number, count, generator)
