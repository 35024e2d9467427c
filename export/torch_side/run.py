"""A training run: Levenberg-Marquardt on some rows, Adam in minibatches, L-BFGS on all rows; rows
kept back say when to stop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import now

from ..progress import Reporter
from .checkpoint import load, save
from .module import SeparableModule
from .newton import END, FIRST, LARGEST, RIDGE, Newton
from .training import LOSSES, Trained, split_rows

Tensor = torch.Tensor
NEWTON_ROWS = 20_000
WEAKER, WORTH, WEAKEST = 0.1, 0.9, 1e-12
"""Factor of the smoothness penalty while the error on the kept-back rows falls below that share of
what it was; where that ends."""
TRIED_ROWS, TRIED_STEPS = 1500, 40
"""Rows and steps by which the starts of a fresh module are compared."""
LONG, FINEST = 10, 1e-6
"""Steps of the last stage of Newton over those of one before, and the relative gain of a step that
ends it."""
BLOCK = 1 << 16  # rows at a time where gradients of all rows are summed


class _Late(Exception):
    """The time is up in the middle of a line search."""


class TrainingRun:
    """A module, its rows and how far the training has come; `run(reporter)` does it all."""

    def __init__(self, module, x, y, how, *, weight, extra, device, checkpoint, watch) -> None:
        target = _targets(module, x, y)
        self.smooth, self.damping = how.smooth, FIRST
        self.module, self.how, self.extra, self.watch, self.path = (
            module,
            how,
            extra,
            watch,
            checkpoint,
        )
        self.device = _device(device)
        self.fresh = self._scale(target)
        module.to(self.device)
        self.dtype = module.weights.dtype
        self.rows, kept = split_rows(len(x), how)
        features = module.features(self._tensor(x))
        self.features = [f.detach() for f in features]
        self.target = (self._tensor(target) - module.centre) / module.spread
        self.weight = (
            None if weight is None else self._tensor(np.asarray(weight, dtype=float))[:, None]
        )
        self.kept = torch.as_tensor(kept if len(kept) else self.rows, device=self.device)
        self.rows = torch.as_tensor(self.rows, device=self.device)

    def _scale(self, target: np.ndarray) -> bool:
        """A fresh module learns (f - mean) / deviation; one that holds numbers keeps its own unit.
        Says whether it is fresh."""
        module = self.module
        if float(module.centre.abs().sum()) == 0.0 and bool((module.spread == 1).all()):
            module.centre.copy_(torch.as_tensor(target.mean(axis=0)))
            module.spread.copy_(torch.as_tensor(np.maximum(target.std(axis=0), 1e-300)))
            return True
        spread = torch.as_tensor(
            np.maximum(target.std(axis=0), 1e-300),
            dtype=module.spread.dtype,
            device=module.spread.device,
        )
        with torch.no_grad():
            module.weights *= module.spread / spread
            module.bias *= module.spread / spread
            module.spread.copy_(spread)
        return False

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=self.dtype, device=self.device)

    def run(self, reporter: Reporter) -> Trained:
        """All stages in turn; the numbers that err least on the kept-back rows stay."""
        self.reporter = reporter
        start = now()
        self.deadline = start + self.how.time_limit
        self.adam_deadline = start + (0.75 if self.how.polish else 1.0) * self.how.time_limit
        before = self.error()
        self.best, self.state = before, self._numbers()
        first, squares = self.state, self._squares()
        self._newton()
        epochs = self._adam()
        self._restore()
        if self.how.polish and now() < self.deadline:
            self._lbfgs()
        self._restore()
        gain = squares - self._squares()
        chance = float(gain.std()) / len(gain) ** 0.5
        if float(gain.mean()) <= chance:  # stay where the start was
            self.best, self.state = before, first
            self._restore()
        return Trained(before, self.best, epochs, now() - start)

    def error(self) -> float:
        """Root mean square over the kept-back rows, in spreads."""
        return float(self._squares().double().mean().sqrt())

    def _squares(self) -> Tensor:
        """Squared errors of the kept-back rows, mean over the outputs."""
        with torch.no_grad():
            return torch.cat(
                [
                    ((self._predict(rows) - self.target[rows]) ** 2).mean(dim=1)
                    for rows in self.kept.split(BLOCK)
                ]
            )

    def _predict(self, rows: Tensor) -> Tensor:
        return self.module.scaled([f[rows] for f in self.features])

    def _loss(self, rows: Tensor) -> Tensor:
        residual = self._predict(rows) - self.target[rows]
        if self.weight is not None:
            residual = residual * self.weight[rows].sqrt()
        return sum(share * LOSSES[name](residual) for name, share in self.how.losses.items())  # type: ignore[return-value]

    def _penalty(self) -> Tensor:
        total = torch.zeros((), dtype=self.dtype, device=self.device)
        for atom in self.module.atoms:
            if self.smooth and hasattr(atom, "basis"):
                bend = atom.table.diff(n=2, dim=0) if len(atom.table) > 2 else atom.table[:0]
                total = total + self.smooth * (
                    bend.square().sum() + RIDGE * atom.table.square().sum()
                )
        return total if self.extra is None else total + self.extra(self.module)

    def _newton(self) -> None:
        how = self.how
        resumed = self.path is not None and Path(self.path).exists()
        size = sum(p.numel() for p in self.module.parameters())
        if (
            not how.newton
            or resumed
            or set(how.losses) != {"mse"}
            or self.extra is not None
            or size > LARGEST
        ):
            return
        order = self.rows[
            torch.randperm(len(self.rows), generator=torch.Generator().manual_seed(how.seed)).to(
                self.device
            )
        ]
        self.reporter.stage("Levenberg-Marquardt", 0.3)
        deadline = now() + 0.5 * how.time_limit
        if self.fresh:
            for seed in range(1, how.starts):
                self._solve(order[:TRIED_ROWS], TRIED_ROWS, TRIED_STEPS, deadline)
                self.module.reset_parameters(how.seed + seed)
                self.damping = FIRST
            self._solve(order[:TRIED_ROWS], TRIED_ROWS, TRIED_STEPS, deadline)
            self._restore()
        self._weaken(order, deadline)
        self._restore()
        self._solve(order, len(order), LONG * how.newton, deadline, FINEST)
        self._restore()

    def _weaken(self, order: Tensor, deadline: float) -> None:
        """Newton steps with the penalty weaker and weaker while the kept-back rows gain by it."""
        rows, first = NEWTON_ROWS, True
        while now() < deadline:
            before = self.best
            self._solve(order, rows, self.how.newton, deadline)
            if not first and self.best > WORTH * before:
                self.smooth /= WEAKER
                return
            if self.smooth < WEAKEST:
                return
            self.smooth, rows, first = self.smooth * WEAKER, len(order), False

    def _solve(
        self, order: Tensor, rows: int, steps: int, deadline: float, end: float = END
    ) -> None:
        """Newton steps from where the module is; the best numbers are kept."""
        smooth = self.smooth / self.how.losses["mse"]
        solver = Newton(self.module, self.features, self.target, smooth, self.weight, self.damping)
        solver.run(order, rows, steps, deadline, lambda step: self._keep(step, steps), end)
        self.damping = solver.damping

    def _adam(self) -> int:
        how, module = self.how, self.module
        solver = torch.optim.Adam(module.parameters(), lr=how.rate)
        generator = torch.Generator().manual_seed(how.seed)
        first, quiet = 0, 0
        if self.path is not None and Path(self.path).exists():
            first, quiet, self.best, self.state = load(self.path, module, solver, generator)
        size = how.batch or min(max(len(self.rows) // 128, 256), 2048)
        steps = max(1, -(-len(self.rows) // size))
        self.reporter.stage("Adam", 0.8)
        for epoch in range(first, how.epochs):
            order = self.rows[torch.randperm(len(self.rows), generator=generator).to(self.device)]
            for i, rows in enumerate(order.split(size)):
                if now() > self.adam_deadline:
                    break
                share = (epoch + i / steps) / how.epochs
                solver.param_groups[0]["lr"] = how.rate * (
                    0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * share))
                )
                solver.zero_grad()
                (self._loss(rows) + self._penalty()).backward()
                solver.step()
            quiet = 0 if self._keep(epoch, how.epochs) else quiet + 1
            if self.path is not None:
                save(self.path, module, solver, generator, epoch + 1, quiet, self.best, self.state)
            if quiet >= how.patience or now() > self.adam_deadline:
                return epoch + 1
        return how.epochs

    def _lbfgs(self) -> None:
        solver = torch.optim.LBFGS(
            self.module.parameters(),
            max_iter=20,
            history_size=20,
            line_search_fn="strong_wolfe",
            tolerance_change=1e-14,
        )

        def closure() -> Tensor:
            if now() > self.deadline:
                raise _Late
            solver.zero_grad()
            total = self._penalty()
            if total.requires_grad:
                total.backward()
            for rows in self.rows.split(BLOCK):
                part = self._loss(rows) * (len(rows) / len(self.rows))
                part.backward()
                total = total.detach() + part.detach()
            return total

        quiet = 0
        self.reporter.stage("L-BFGS", 1.0)
        for step in range(0, self.how.polish, 20):
            try:
                solver.step(closure)
            except _Late:
                self._keep(step, self.how.polish)
                return
            quiet = 0 if self._keep(step, self.how.polish) else quiet + 1
            if quiet >= 3 or now() > self.deadline:
                return

    def _keep(self, number: int, of: int) -> bool:
        """Remember the numbers when they are better on the kept-back rows."""
        error = self.error()
        self.reporter.part(
            (number + 1) / of, f"{number + 1} of {of}, error {error:.4g} of the spread"
        )
        if self.watch:
            self.watch(number, error)
        if not error < self.best:
            return False
        gained = error < self.best * (1 - 1e-4)
        self.best, self.state = error, self._numbers()
        return gained

    def _numbers(self) -> dict[str, Tensor]:
        return {k: v.detach().clone() for k, v in self.module.state_dict().items()}

    def _restore(self) -> None:
        self.module.load_state_dict(self.state)


def _targets(module: SeparableModule, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Linear parts [N, K] of the targets. Raises InputError for rows that do not fit the module."""
    y = y[:, None] if y.ndim == 1 else y
    if (
        x.ndim != 2
        or x.shape[1] != len(module.domain)
        or y.shape != (len(x), len(module.outputs))
        or len(x) < 2
    ):
        sizes = f"{len(module.domain)} inputs and {len(module.outputs)} outputs"
        raise InputError(
            f"rows {x.shape} and targets {y.shape} do not fit {sizes}; give [N, D] and [N, K],"
            " two rows or more"
        )
    target = np.stack([o.linear_of(y[:, k]) for k, o in enumerate(module.outputs)], axis=1)
    if not np.isfinite(target).all() or not np.isfinite(x).all():
        raise InputError(
            "rows hold NaN, infinity or targets outside the range of the link; remove them"
        )
    return target


def _device(name: str | None) -> torch.device:
    if name and name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(
            f"there is no CUDA device here for device={name!r}; leave it out, or install a torch"
            " with CUDA"
        )
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
