"""The torch backend: evaluation over tensors on CPU or CUDA, differentiable, so that a model can
sit inside a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..core.basis import SpanBasis
from ..core.interaction import CP
from ..core.record import ModelRecord
from ..numerics.power_table import padded_degree, span_polynomials
from ..numerics.reference import CHUNK

Floats = NDArray[np.float64]
Tensor = torch.Tensor
CUDA_CELLS = 1 << 23
"""Points x modes per block on a GPU: 32 MB of float32 in each work array."""


def create(model: ModelRecord) -> TorchBackend:
    """The backend of any model, on a GPU where there is one."""
    return TorchBackend(model)


class TorchBackend:
    """Value and gradient of a CP or TT model: float64 on the CPU, float32 on CUDA where there is
    one (`to` changes both).

    phi_d(x) = sum_k u^k P_d[s, k], with s the span of x and u in [0, 1] its position in it: all
    axes are located together, then one gather and weighted sum per axis, so that a GPU is given few
    and large pieces of work.
    """

    name = "torch"

    def __init__(self, model: ModelRecord) -> None:
        self._model = model
        cuda = torch.cuda.is_available()
        self.to("cuda" if cuda else "cpu", torch.float32 if cuda else torch.float64)

    def to(self, device: str, dtype: torch.dtype) -> TorchBackend:
        """Move tables to a device and number type."""
        self.device, self.dtype = torch.device(device), dtype
        bases = [a.basis for a in self._model.axes]
        work = self._model.interaction
        self._spans = Spans(bases, device, dtype)
        self._tables = [
            self._tensor(_flat_powers(b, t, self._spans.powers))
            for b, t in zip(bases, work.tables, strict=True)
        ]
        self._modes = (
            [torch.as_tensor(np.array(m), device=device) for m in work.modes]
            if isinstance(work, CP)
            else []
        )
        self._weights = self._tensor(work.weights)
        self._bias, self._scale, self._offset = (
            self._tensor([getattr(o, name) for o in self._model.outputs])
            for name in ("bias", "scale", "offset")
        )
        return self

    def _tensor(self, values: Any) -> Tensor:
        return torch.as_tensor(np.array(values), dtype=self.dtype, device=self.device)

    def tensor(self, x: Tensor) -> Tensor:
        """y [N, K] of x [N, D], on the graph of x: outside the domain the atoms continue linearly,
        NaN gives NaN."""
        return self.outputs(self.linear(x))

    def linear(self, x: Tensor) -> Tensor:
        """f [N, K] before the links of x [N, D]."""
        return self._bias + self._products(x) @ self._weights

    def outputs(self, f: Tensor) -> Tensor:
        """y [N, K] of f [N, K]."""
        columns = [_linked(o.link, f[:, k]) for k, o in enumerate(self._model.outputs)]
        return torch.stack(columns, dim=1) * self._scale + self._offset

    def _products(self, x: Tensor) -> Tensor:
        """Products of the atoms, a column per mode."""
        span, powers = self._spans(x)
        rows = span[..., None] * self._spans.powers + torch.arange(
            self._spans.powers, device=x.device
        )
        atoms = (_Gathered.apply(powers[d], t, rows[d]) for d, t in enumerate(self._tables))
        work = self._model.interaction
        if not isinstance(work, CP):
            v = torch.ones((len(x), 1, 1), dtype=self.dtype, device=self.device)
            for atom, core in zip(atoms, work.cores, strict=True):
                v = v @ atom.reshape(len(x), *core.shape[1:])
            return v[:, 0]
        product = torch.ones((len(x), work.rank), dtype=self.dtype, device=self.device)
        for modes, atom in zip(self._modes, atoms, strict=True):
            if len(modes) == work.rank:
                product = product * atom
            elif len(modes):
                product = product.index_copy(1, modes, product[:, modes] * atom)
        return product

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        with torch.no_grad():
            blocks = [self.tensor(part) for part in self._blocks(x)]
        return np.concatenate([b.cpu().numpy().astype(float) for b in blocks])

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        values, gradients = [], []
        for part in self._blocks(x):
            part.requires_grad_(True)
            y = self.tensor(part)
            slopes = [_slope(y[:, k], part, k + 1 < y.shape[1]) for k in range(y.shape[1])]
            values.append(y.detach().cpu().numpy().astype(float))
            gradients.append(torch.stack(slopes, dim=1).cpu().numpy().astype(float))
        return np.concatenate(values), np.concatenate(gradients)

    def _blocks(self, x: Floats) -> list[Tensor]:
        widest = max(self._spans.powers, len(self._weights), *(t.shape[1] for t in self._tables))
        size = CHUNK if self.device.type == "cpu" else CUDA_CELLS // widest
        return [self._tensor(x[i : i + size]) for i in range(0, max(len(x), 1), size)]


def _slope(y: Tensor, x: Tensor, again: bool) -> Tensor:
    """dy_n/dx_n [N, D], zero where y does not depend on x."""
    if y.grad_fn is None:
        return torch.zeros_like(x)
    found = torch.autograd.grad(y.sum(), x, retain_graph=again, allow_unused=True)[0]
    return torch.zeros_like(x) if found is None else found


def _linked(link: str, f: Tensor) -> Tensor:
    return f if link == "identity" else torch.exp(f) if link == "exp" else torch.sigmoid(f)


def _flat_powers(basis: SpanBasis, table: Floats, powers: int) -> Floats:
    """Power coefficients of every span below each other, [S * powers, R]; those above the degree
    are 0."""
    polynomials = padded_degree(span_polynomials(basis, table), powers)
    return polynomials.reshape(len(polynomials) * powers, table.shape[1])


class _Gathered(torch.autograd.Function):
    """out[n] = sum_k weights[n, k] table[rows[n, k]], in one pass; differentiable in the weights as
    often as one likes."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, table: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(table, rows)
        if not table.shape[1]:
            return weights.new_zeros((len(weights), 0))
        return torch.nn.functional.embedding_bag(
            rows, table, per_sample_weights=weights, mode="sum"
        )

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        table, rows = ctx.saved_tensors
        return torch.einsum("nr,nkr->nk", gradient, table[rows]), None, None


class Spans:
    """Locates points on all axes at once. `powers`: numbers per span, the highest degree of the
    axes and one."""

    def __init__(
        self,
        bases: Sequence[SpanBasis],
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float64,
    ) -> None:
        def tensor(values: Any, kind: torch.dtype = dtype) -> Tensor:
            return torch.as_tensor(np.array(values), dtype=kind, device=device)

        def padded(rows: list[Floats], fill: float) -> Tensor:
            most = max(map(len, rows))
            return tensor([np.pad(r, (0, most - len(r)), constant_values=fill) for r in rows])

        breaks = [np.arange(b.n_spans + 1.0) if b.kind == "levels" else b.breaks for b in bases]
        self.powers = max(b.degree for b in bases) + 1
        self._lower, self._upper = (
            tensor([[b.lower] for b in bases]),
            tensor([[b.upper] for b in bases]),
        )
        self._last = tensor([[b.n_spans - 1] for b in bases], torch.int64)
        self._inner = padded([b[1:-1] for b in breaks], np.inf)
        self._start, self._rate = (
            padded([b[:-1] for b in breaks], 0.0),
            padded([1.0 / np.diff(b) for b in breaks], 0.0),
        )
        kinds = [b.kind for b in bases]
        self._levels = (
            tensor([[k == "levels"] for k in kinds], torch.bool) if "levels" in kinds else None
        )
        self._period = (
            tensor([[b.upper - b.lower if b.kind == "periodic" else np.inf] for b in bases])
            if "periodic" in kinds
            else None
        )

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Spans int64 [D, N] and powers of the position in them [D, N, powers] of x [N, D]; linear
        beyond the domain, NaN stays."""
        x = self._within_period(x.T)
        if self._levels is not None:
            x = torch.where(
                self._levels,
                torch.minimum(torch.maximum(torch.round(x), self._lower), self._upper),
                x,
            )
        inside = torch.minimum(torch.maximum(x, self._lower), self._upper)
        span = torch.searchsorted(self._inner, inside.detach().contiguous(), right=True).minimum(
            self._last
        )
        rate = self._rate.gather(1, span)
        u = (inside - self._start.gather(1, span)) * rate
        powers = [1.0 + 0.0 * u]  # keeps NaN, also in degree 0
        for _ in range(self.powers - 1):
            powers.append(powers[-1] * u)
        out = torch.stack(powers, dim=-1)
        if self.powers > 1 and bool((x != inside).any()):
            slopes = [torch.zeros_like(u), *((k + 1) * powers[k] for k in range(self.powers - 1))]
            out = out + ((x - inside) * rate)[..., None] * torch.stack(slopes, dim=-1).detach()
        return span, out

    def _within_period(self, x: Tensor) -> Tensor:
        if self._period is None:
            return x
        outside = (x < self._lower) | (x > self._upper)
        turns = torch.floor((x - self._lower) / self._period).detach()
        return torch.where(
            outside & torch.isfinite(self._period),
            x - turns * torch.nan_to_num(self._period, posinf=0.0),
            x,
        )
