"""Levenberg-Marquardt steps for a separable module: from a cold start they reach in a few passes
what gradients take epochs for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from sna_edge.numerics.time_budget import now

from .module import SeparableModule

Tensor = torch.Tensor
ROWS = 4096  # rows at a time: their Jacobian is held
LARGEST = 3000  # parameters: the normal matrix is dense
FIRST, EASIER, HARDER, GIVE_UP = 1e-2, 0.2, 3.0, 1e10
"""Damping at first; its factor after a step that lowers the error, and after one that does not;
where the search ends."""
# of the smoothness penalty: on the numbers of the tables themselves, so that modes do not grow
# against each other
RIDGE = 1e-3
PROBE, BENT = 0.1, 0.75
"""Share of a step over which the second derivative along it is taken; longest correction by it, as
a share of the step."""
GROWTH, TURN, END = 10, 1e-2, 1e-4
"""Rows of the next stage over those of this one; relative gain of steps below which the next stage
begins, and the last ends."""
SMALL = 3  # of them in a row: the damping may have been too strong for one
PATIENCE = 40  # steps without gain on the kept-back rows
CURVATURE = 50_000  # rows whose Jacobian is taken; slope and loss are those of all rows


class Newton:
    """Least squares of `module.scaled(features) - target` over all parameters, on a growing share
    of the rows.

    A step solves (J'J / n + P + damping diag) d = -(J'r / n + P z) with the Jacobian J of the rows,
    the numbers z and the smoothness penalty z'P z, then (..) a = -J'(d2r / dd2) / (2 n): z moves by
    d + a, along the bend of narrow valleys. Rows come in the order given: the first `rows`, then
    ten times as many, .. up to all of them.

    Source: Transtrum and Sethna, arXiv:1201.5885 (2012): geodesic acceleration.
    """

    def __init__(
        self,
        module: SeparableModule,
        features: Sequence[Tensor],
        target: Tensor,
        smooth: float,
        weight: Tensor | None = None,
        damping: float = FIRST,
    ) -> None:
        self.module, self.features, self.target, self.smooth, self.weight = (
            module,
            features,
            target,
            smooth,
            weight,
        )
        self.damping = damping
        self._scaled = _Scaled(module)
        self._penalty = self._bend()

    def run(
        self,
        order: Tensor,
        rows: int,
        steps: int,
        deadline: float,
        keep: Callable[[int], bool],
        end: float = END,
    ) -> None:
        """At most `steps` steps, a stage ending when a step gains little: less than the share `end`
        in the last one, or PATIENCE times nothing by `keep(step)`, which is asked after each. Ends
        at the `deadline`."""
        count, quiet, small = min(rows, len(order)), 0, 0
        for step in range(steps):
            gain = self._step(order[:count], deadline)
            if gain is None or now() > deadline:
                return
            quiet = 0 if keep(step) else quiet + 1
            small = small + 1 if gain < (end if count == len(order) else TURN) else 0
            if small == SMALL or gain == 0.0 or (quiet >= PATIENCE and count == len(order)):
                if count == len(order):
                    return
                count, small = min(GROWTH * count, len(order)), 0

    def _step(self, rows: Tensor, deadline: float) -> float | None:
        """The relative gain of one step, 0 where none was found; None when the time is up before
        it."""
        found = self._system(rows, deadline)
        if found is None:
            return None
        matrix, slope, before = found
        start = self._numbers()
        scale = matrix.diagonal().clamp(min=1e-12 * float(matrix.diagonal().max()))
        while self.damping < GIVE_UP:
            factor, bad = torch.linalg.cholesky_ex(matrix + torch.diag(self.damping * scale))
            if not bad:
                move = torch.cholesky_solve(-slope[:, None], factor)[:, 0]
                bend = (
                    -0.5
                    * torch.cholesky_solve(self._bending(rows, start, move)[:, None], factor)[:, 0]
                )
                if (scale * bend**2).sum() <= BENT**2 * (scale * move**2).sum():
                    self._put(start + (move + bend).to(start.dtype))
                    after = self._loss(rows)
                    if after < before:
                        self.damping = max(self.damping * EASIER, 1e-12)
                        return float(1 - after / before)
            self.damping *= HARDER
        self._put(start)
        self.damping = FIRST
        return 0.0

    def _bending(self, rows: Tensor, start: Tensor, move: Tensor) -> Tensor:
        """J'(second derivative of the residuals along `move`) / n [P]; leaves the module at
        `start`."""
        few, step = rows[:CURVATURE], PROBE * move.to(start.dtype)
        total = torch.zeros_like(move)
        for part in few.split(16 * ROWS):
            with torch.no_grad():
                sides = []
                for place in (start + step, start - step):
                    self._put(place)
                    sides.append(self._residual(part))
                self._put(start)
            residual = self._residual(part)
            second = (sides[0] + sides[1] - 2 * residual.detach()) / PROBE**2
            found = torch.autograd.grad((residual * second).sum(), list(self.module.parameters()))
            total += torch.cat([g.reshape(-1) for g in found]).double()
        return total / (len(few) * self.target.shape[1])

    def _numbers(self) -> Tensor:
        return torch.nn.utils.parameters_to_vector(self.module.parameters()).detach().clone()

    def _put(self, numbers: Tensor) -> None:
        with torch.no_grad():
            torch.nn.utils.vector_to_parameters(numbers, self.module.parameters())

    def _loss(self, rows: Tensor) -> float:
        with torch.no_grad():
            total = sum(
                float((self._residual(part) ** 2).double().sum()) for part in rows.split(16 * ROWS)
            )
            numbers = self._numbers().double()
            return float(
                total / (len(rows) * self.target.shape[1]) + numbers @ self._penalty @ numbers
            )

    def _residual(self, rows: Tensor) -> Tensor:
        residual = self.module.scaled([f[rows] for f in self.features]) - self.target[rows]
        return residual if self.weight is None else residual * self.weight[rows].sqrt()

    def _system(self, rows: Tensor, deadline: float) -> tuple[Tensor, Tensor, float] | None:
        """Half the Hessian [P, P] (of at most CURVATURE rows) and half the slope [P] of the loss,
        in float64, and the loss."""
        numbers = self._numbers().double()
        matrix, slope, total = (
            self._penalty.clone(),
            self._penalty @ numbers,
            float(numbers @ self._penalty @ numbers),
        )
        count = len(rows) * self.target.shape[1]
        for part in rows.split(16 * ROWS):
            if now() > deadline:
                return None
            loss = 0.5 * (self._residual(part) ** 2).sum()
            found = torch.autograd.grad(loss, list(self.module.parameters()))
            slope += torch.cat([g.reshape(-1) for g in found]).double() / count
            total += 2 * float(loss.detach()) / count
        few = rows[:CURVATURE]
        for part in few.split(ROWS):
            if now() > deadline:
                return None
            flat = self._jacobian(part)
            matrix += (flat.T @ flat).double() / (len(few) * self.target.shape[1])
        return matrix, slope, total

    def _jacobian(self, rows: Tensor) -> Tensor:
        """Slopes of the residuals by all parameters [N K, P]."""
        parameters = {f"module.{n}": p.detach() for n, p in self.module.named_parameters()}
        found = torch.func.vmap(torch.func.jacrev(self._one), in_dims=(None, 0))(
            parameters, [f[rows] for f in self.features]
        )
        flat = torch.cat(
            [found[n].reshape(len(rows), self.target.shape[1], -1) for n in parameters], dim=2
        )
        if self.weight is not None:
            flat = flat * self.weight[rows].sqrt()[:, :, None]
        return flat.reshape(-1, flat.shape[2])

    def _one(self, parameters: dict[str, Tensor], features: list[Tensor]) -> Tensor:
        return torch.func.functional_call(self._scaled, parameters, ([f[None] for f in features],))[
            0
        ]

    def _bend(self) -> Tensor:
        """Half the Hessian [P, P] of the penalty smooth sum (|second differences of a table|^2 +
        RIDGE |table|^2); constant."""
        blocks = []
        for name, parameter in self.module.named_parameters():
            rows = len(parameter) if rough(self.module, name) else 0
            one = torch.eye(max(rows, 1), dtype=torch.float64)
            gram = (
                torch.diff(one, n=2, dim=0).T @ torch.diff(one, n=2, dim=0) + RIDGE * one
                if rows > 2
                else (RIDGE if rows else 0.0) * one
            )
            blocks.append(
                torch.kron(gram, torch.eye(parameter.numel() // max(rows, 1), dtype=torch.float64))
            )
        return self.smooth * torch.block_diag(*blocks).to(self.target.device)


def rough(module: SeparableModule, name: str) -> bool:
    """Whether the parameter of that name is a table whose second differences are penalised."""
    parts = name.split(".")
    return (
        parts[0] == "atoms"
        and parts[-1] == "table"
        and hasattr(module.atoms[int(parts[1])], "basis")
    )


class _Scaled(torch.nn.Module):
    def __init__(self, module: SeparableModule) -> None:
        super().__init__()
        self.module = module

    def forward(self, features: list[Tensor]) -> Tensor:
        return self.module.scaled(features)
