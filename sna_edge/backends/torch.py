"""The torch backend: evaluation over tensors on CPU or CUDA, differentiable, so that a model can sit inside a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..basis import SpanBasis
from ..basis.span import derivative_matrices
from ..interaction import CP
from .numpy import CHUNK

if TYPE_CHECKING:
    from ..model import Model

Floats = NDArray[np.float64]
Tensor = torch.Tensor
CUDA_CHUNK = 1 << 16  # rows per block on a GPU


def create(model: Model) -> TorchBackend:
    return TorchBackend(model)


class TorchBackend:
    """Value and gradient of a CP or TT model: float64 on the CPU, float32 on CUDA where there is one (`to` changes both)."""

    name = "torch"

    def __init__(self, model: Model) -> None:
        self._model = model
        cuda = torch.cuda.is_available()
        self.to("cuda" if cuda else "cpu", torch.float32 if cuda else torch.float64)

    def to(self, device: str, dtype: torch.dtype) -> TorchBackend:
        """Move tables to a device and number type."""
        self.device, self.dtype = torch.device(device), dtype
        self._bases = [TorchBasis(a.basis, device, dtype) for a in self._model.axes]
        work = self._model.interaction
        self._tables = [self._tensor(t) for t in work.tables]
        self._weights = self._tensor(work.weights)
        self._bias, self._scale, self._offset = (
            self._tensor([getattr(o, name) for o in self._model.outputs]) for name in ("bias", "scale", "offset")
        )
        return self

    def _tensor(self, values: Any) -> Tensor:
        return torch.as_tensor(np.array(values), dtype=self.dtype, device=self.device)

    def tensor(self, x: Tensor) -> Tensor:
        """y [N, K] of x [N, D], on the graph of x: outside the domain the atoms continue linearly, NaN gives NaN."""
        f = self._bias + self._modes(x) @ self._weights
        columns = [_linked(o.link, f[:, k]) for k, o in enumerate(self._model.outputs)]
        return torch.stack(columns, dim=1) * self._scale + self._offset

    def _modes(self, x: Tensor) -> Tensor:
        atoms = [_atoms(b, t, x[:, d]) for d, (b, t) in enumerate(zip(self._bases, self._tables, strict=True))]
        work = self._model.interaction
        if isinstance(work, CP):
            product = torch.ones((len(x), work.rank), dtype=self.dtype, device=self.device)
            for modes, atom in zip(work.modes, atoms, strict=True):
                if len(modes) == work.rank:
                    product = product * atom
                elif len(modes):
                    index = torch.as_tensor(np.array(modes), device=self.device)
                    product = product.index_copy(1, index, product[:, index] * atom)
            return product
        v = torch.ones((len(x), 1, 1), dtype=self.dtype, device=self.device)
        for atom, core in zip(atoms, work.cores, strict=True):
            v = v @ atom.reshape(len(x), *core.shape[1:])
        return v[:, 0]

    def value(self, x: Floats) -> Floats:
        with torch.no_grad():
            blocks = [self.tensor(part) for part in self._blocks(x)]
        return np.concatenate([b.cpu().numpy().astype(float) for b in blocks])

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        values, gradients = [], []
        for part in self._blocks(x):
            part.requires_grad_(True)
            y = self.tensor(part)
            slopes = [_slope(y[:, k], part, k + 1 < y.shape[1]) for k in range(y.shape[1])]
            values.append(y.detach().cpu().numpy().astype(float))
            gradients.append(torch.stack(slopes, dim=1).cpu().numpy().astype(float))
        return np.concatenate(values), np.concatenate(gradients)

    def _blocks(self, x: Floats) -> list[Tensor]:
        size = CHUNK if self.device.type == "cpu" else CUDA_CHUNK
        return [self._tensor(x[i : i + size]) for i in range(0, len(x), size)]


def _slope(y: Tensor, x: Tensor, again: bool) -> Tensor:
    """dy_n/dx_n [N, D], zero where y does not depend on x."""
    if y.grad_fn is None:
        return torch.zeros_like(x)
    found = torch.autograd.grad(y.sum(), x, retain_graph=again, allow_unused=True)[0]
    return torch.zeros_like(x) if found is None else found


def _linked(link: str, f: Tensor) -> Tensor:
    return f if link == "identity" else torch.exp(f) if link == "exp" else torch.sigmoid(f)


class TorchBasis:
    """A span basis over tensors."""

    def __init__(self, basis: SpanBasis, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float64) -> None:
        def tensor(values: Any, kind: torch.dtype = dtype) -> Tensor:
            return torch.as_tensor(np.array(values), dtype=kind, device=device)

        self.basis = basis
        self._lower, self._upper = float(basis.breaks[0]), float(basis.breaks[-1])
        self._inner = tensor(basis.breaks[1:-1])
        self._start = tensor(basis.breaks[:-1])
        self._rate = tensor(1.0 / np.diff(basis.breaks))
        self._first = tensor(basis.first_row, torch.int64)
        self._matrices = tensor(basis.matrices[basis.matrix_id].transpose(0, 2, 1))
        slopes = derivative_matrices(basis.matrices, 1) if basis.degree else np.zeros((len(basis.matrices), 1, 1))
        self._slopes = tensor(slopes[basis.matrix_id].transpose(0, 2, 1))

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Table rows int64 [N, p+1] and basis values [N, p+1] of x [N]."""
        if self.basis.kind == "periodic":
            period = self._upper - self._lower
            outside = (x < self._lower) | (x > self._upper)
            x = torch.where(outside, x - period * torch.floor((x - self._lower) / period).detach(), x)
        if self.basis.kind == "levels":
            inside = torch.clamp(torch.round(x), 0, self.basis.n_spans - 1)
            span = torch.nan_to_num(inside).to(torch.int64)
        else:
            inside = torch.clamp(x, self._lower, self._upper)
            span = torch.bucketize(inside.detach().contiguous(), self._inner, right=True)
        u = (inside - self._start[span]) * self._rate[span]
        values = _applied(u, self._matrices[span])
        if self.basis.kind != "levels" and bool(((x < self._lower) | (x > self._upper)).any()):
            beyond = ((x - inside) * self._rate[span])[:, None]
            values = values + beyond * _applied(u, self._slopes[span]).detach()
        rows = self._first[span][:, None] + torch.arange(self.basis.degree + 1, device=x.device)
        return rows, values

    def design(self, x: Tensor) -> Tensor:
        """Dense design [N, n_rows]."""
        rows, values = self(x)
        return torch.zeros((len(x), self.basis.n_rows), dtype=values.dtype, device=x.device).scatter(1, rows, values)


def _applied(u: Tensor, matrices: Tensor) -> Tensor:
    """sum_k u^k matrices[n, k, i], [N, p+1], by Horner's rule."""
    out = matrices[:, -1]
    for k in range(matrices.shape[1] - 2, -1, -1):
        out = out * u[:, None] + matrices[:, k]
    return out + 0.0 * u[:, None]  # keeps NaN, also in degree 0


def _atoms(basis: TorchBasis, table: Tensor, x: Tensor) -> Tensor:
    if not table.shape[1]:
        return torch.ones((len(x), 0), dtype=table.dtype, device=table.device)
    rows, values = basis(x)
    return torch.einsum("ni,nir->nr", values, table[rows])
