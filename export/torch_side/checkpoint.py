"""A training run in one .npz of plain arrays: numbers, the best numbers, the optimiser's moments,
the random state."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from sna_edge.errors import InputError

Tensor = torch.Tensor


def save(
    path: str | Path,
    module: torch.nn.Module,
    solver: torch.optim.Adam,
    generator: torch.Generator,
    epoch: int,
    quiet: int,
    best: float,
    state: dict[str, Tensor],
) -> None:
    """Write the run to `path` through a temporary file."""
    arrays = {f"now/{k}": v for k, v in module.state_dict().items()} | {
        f"best/{k}": v for k, v in state.items()
    }
    for i, parameter in enumerate(solver.param_groups[0]["params"]):
        arrays |= {f"adam/{i}/{k}": torch.as_tensor(v) for k, v in solver.state[parameter].items()}
    plain = {k: v.detach().cpu().numpy() for k, v in arrays.items()}
    temporary = Path(f"{path}.part")
    with open(temporary, "wb") as file:
        np.savez(
            file, run=np.array([epoch, quiet, best]), random=generator.get_state().numpy(), **plain
        )
    os.replace(temporary, path)


def load(
    path: str | Path, module: torch.nn.Module, solver: torch.optim.Adam, generator: torch.Generator
) -> tuple[int, int, float, dict[str, Tensor]]:
    """Epoch, quiet epochs, best error and best numbers. Raises InputError when the file is of
    another module."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {k: torch.as_tensor(file[k]) for k in file.files}
    except (ValueError, OSError, BadZipFile, AttributeError) as error:
        raise InputError(
            f"{path} is not a checkpoint of a training run ({type(error).__name__}); give another"
            " file or remove it"
        ) from None
    parameter = next(module.parameters())
    place = {"device": parameter.device}
    now, best = (
        {k[len(p) :]: v.to(**place) for k, v in arrays.items() if k.startswith(p)}
        for p in ("now/", "best/")
    )
    try:
        module.load_state_dict(now)
    except RuntimeError:
        raise InputError(
            f"{path} is the checkpoint of another module; give another file or remove it"
        ) from None
    for i, parameter in enumerate(solver.param_groups[0]["params"]):
        prefix = f"adam/{i}/"
        solver.state[parameter] = {
            k[len(prefix) :]: v if k.endswith("step") else v.to(**place)
            for k, v in arrays.items()
            if k.startswith(prefix)
        }
    generator.set_state(arrays["random"])
    epoch, quiet, error = arrays["run"].tolist()
    return int(epoch), int(quiet), float(error), best
