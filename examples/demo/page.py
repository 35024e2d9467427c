"""report.html of the demo: the readable report with plots, in one file that fetches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sna_edge.values.naming import labelled
from sna_export.report import Page, figures
from sna_export.report.fit_page import candidates, describe_model
from sna_export.report.svg import Plot, ends
from sna_export.report.trust import judged_fit, trust

Record = dict[str, Any]


def write(
    path: Path,
    title: str,
    found: Any,
    files: Record,
    device: Record,
    by_type: dict[str, dict[str, float]],
) -> None:
    """Write the page of one demo run."""
    model = found.model
    rows = len(device["forward"]["measured"])
    page = Page(
        title,
        f"Fitted to {len(found.measured)} rows; judged on {rows} held-out rows by the int16 file,"
        " as a device would run it.",
    )
    page.tiles(tiles(files, device))
    held_out(page, model, device)
    trust(page, model, found.inputs, judged_fit(found))
    stored(page, files, by_type)
    answers(page, model, device)
    describe_model(page, model, found.inputs)
    candidates(page, found.report.get("candidates", []), found.report.get("why", ""))
    page.write(path)


def tiles(files: Record, device: Record) -> list[tuple[str, str]]:
    out = []
    for name, score in device["forward"]["outputs"].items():
        out.append((f"{score['r2']:.3f}", f"R2 of {name}"))
        out.append((f"{score['rmse']:.3g} {score['unit']}".strip(), f"RMSE of {name}"))
        out.append((f"{100 * score['coverage']:.0f} %", f"of {name} inside its 90 % interval"))
    out += [(f"{entry['bytes'] / 1000:.1f} KB", f"{name} file") for name, entry in files.items()]
    fastest = min(device["speed"].values(), key=lambda s: s["single_us_p50"])
    return [*out, (f"{fastest['single_us_p50']:.1f} us", f"one query ({fastest['backend']})")]


def held_out(page: Page, model: Any, device: Record) -> None:
    measured, predicted = (
        np.array(device["forward"]["measured"]),
        np.array(device["forward"]["predicted"]),
    )
    plots = []
    for k, output in enumerate(model.outputs):
        pair = measured[:, k], predicted[:, k]
        plots.append(figures.predicted_measured(*pair, name=output.name, unit=output.unit))
        plots.append(figures.residuals(*pair, name=output.name, unit=output.unit))
    page.heading("Held-out rows").plots(plots)


def stored(page: Page, files: Record, by_type: dict[str, dict[str, float]]) -> None:
    """Errors by storage type."""
    page.heading("Storage types")
    page.text(
        "Error of the stored tables against the fit, as fractions of the output range. Guaranteed"
        " figures of an output with a link are those of the linear part before it."
    )
    keys = {
        "rms": "RMS",
        "max": "maximum",
        "exact_rms": "guaranteed RMS",
        "bound": "guaranteed worst case",
    }
    figures_of = {
        n: {word: e["certificate"].get(k) for k, word in keys.items()} for n, e in files.items()
    }
    small = {
        n: {word: v for word, v in found.items() if v is not None}
        for n, found in figures_of.items()
        if n != "float32"
    }
    page.plots([figures.quantization(small)])
    outputs = list(next(iter(by_type.values())))
    header = ["tables", "bytes", *(f"held-out RMSE, {n}" for n in outputs), *keys.values()]
    rows = []
    for n, e in files.items():
        errors = ["-" if v is None else f"{v:.1e}" for v in figures_of[n].values()]
        rows.append([n, e["bytes"], *(f"{by_type[n][o]:.4g}" for o in outputs), *errors])
    page.table(header, rows)


def answers(page: Page, model: Any, device: Record) -> None:
    """The curve whose crossings are the roots, and the many solutions."""
    one, many = device["inverse"]["roots"], device["inverse"]["level_set"]
    name, value = next(iter(one["target"].items()))
    page.heading("Inverse answers")
    if one["solutions"]:
        page.plots([crossings(model, one, name, value)])
        fixed = ", ".join(
            f"{n} {v:g}" if isinstance(v, float) else f"{n} {v}" for n, v in one["at"].items()
        )
        page.text(
            f"Every {one['unknown']} with {name} = {value:g}:"
            f" {', '.join(f'{v:.5g}' for v in one['solutions'])} (at {fixed})."
        )
    solutions = many["solutions"]
    if not solutions:
        page.text(f"{many['status']}: {many.get('message', '')}")
        return
    wanted = " and ".join(f"{n} = {v:g}" for n, v in many["targets"].items())
    count = f"{len(solutions)} different inputs that give {wanted}, found in {many['ms']:.0f} ms"
    page.text(f"{count}. A line is one of them; inputs run over their domains.")
    page.plots([parallel(model, solutions)])


def crossings(model: Any, one: Record, name: str, value: float) -> str:
    axis = model.axes[model.axis_index(one["unknown"])]
    x = np.linspace(axis.lower, axis.upper, 241)
    y = model.value({**one["at"], axis.name: x})[:, model.output_names.index(name)]
    label = labelled(axis.name, axis.unit)
    plot = Plot((axis.lower, axis.upper), ends(y, [value]), xlabel=label, ylabel=name, width=520)
    plot.line(x, y).line(
        [axis.lower, axis.upper], [value, value], 5, dashed=True, name=f"target {value:g}"
    )
    return plot.dots(
        one["solutions"], [value] * len(one["solutions"]), 1, radius=4, name="solutions"
    ).render()


def parallel(model: Any, solutions: list[Record]) -> str:
    """Parallel coordinates, every axis from 0 (lower end) to 1 (upper end)."""
    axes = [a for a in model.axes if a.name in solutions[0]]
    plot = Plot(
        (-0.3, len(axes) - 0.7),
        (0, 1),
        ylabel="share of the domain",
        width=max(520, 105 * len(axes)),
        height=300,
    )
    plot.categories([a.name for a in axes])
    for i, solution in enumerate(solutions):
        share = [(a.level_names.index(v) / max(len(a.level_names) - 1, 1)) if isinstance(v,
            str) else (v - a.lower) / a.width
                 for a in axes for v in [solution[a.name]]]  # fmt: skip
        plot.line(np.arange(len(axes), dtype=float), share, i % 6, width=0.8)
    return plot.render()
