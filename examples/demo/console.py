"""The readable report of the demo, on stdout."""

from __future__ import annotations

from typing import Any

from sna_edge.cli.console import table

Record = dict[str, Any]


def title(text: str) -> None:
    print(f"{text}\n{'=' * len(text)}")


def _heading(text: str) -> None:
    print(f"\n{text}")


def fit(found: Any, seconds: float) -> None:
    model = found.model
    _heading(f"Fit: {len(found.measured)} rows, {len(model.axes)} inputs, {seconds:.1f} s")
    print(
        f"  {model.interaction.rank} modes, {model.parameters} parameters."
        f" {found.report.get('why', '')}"
    )
    rows = [
        [f"  {n}", *(f"{s[k]:.4g}" if k in s else "-" for k in ("r2", "rmse"))]
        for n, s in found.report.get("outputs", {}).items()
    ]
    print("\n".join(table(["  cross-validated", "R2", "RMSE"], rows)))


def files(found: Record) -> None:
    _heading("Quantize and certify: errors against the fit, as fractions of the output range")
    keys = {
        "rms": "RMS",
        "max": "maximum",
        "exact_rms": "guaranteed RMS",
        "bound": "guaranteed worst case",
    }
    if any("rigorous" in entry["certificate"] for entry in found.values()):
        keys |= {
            "exact_rms": "guaranteed RMS before the link",
            "bound": "guaranteed worst case before the link",
        }
    rows = []
    for name, entry in found.items():
        figures = [entry["certificate"].get(k) for k in keys]
        rows.append(
            [f"  {name}", f"{entry['bytes']}", *("-" if v is None else f"{v:.1e}" for v in figures)]
        )
    print("\n".join(table(["  tables", "bytes", *keys.values()], rows)))


def forward(device: Record, by_type: dict[str, dict[str, float]]) -> None:
    found = device["forward"]
    _heading(
        f"Device: model.sna on backend {device['backend']}; imported beside the standard library:"
        f" {', '.join(device['modules'])}"
    )
    print(
        "  reference outputs reproduced; held-out rows: "
        + ", ".join(f"{n} {w}" for w, n in found["statuses"].items())
    )
    rows = []
    for name, score in found["outputs"].items():
        quality = [
            f"{score['r2']:.4f}",
            f"{score['rmse']:.4g} {score['unit']}".strip(),
            f"{100 * score['coverage']:.1f} %",
        ]
        rows.append([f"  {name}", *quality, *(f"{by_type[t][name]:.4g}" for t in by_type)])
    print(
        "\n".join(
            table(
                [
                    "  held out",
                    "R2",
                    "RMSE",
                    "inside the 90 % interval",
                    *(f"RMSE {t}" for t in by_type),
                ],
                rows,
            )
        )
    )


def inverse(device: Record) -> None:
    one, many = device["inverse"]["roots"], device["inverse"]["level_set"]
    target = ", ".join(f"{n} = {v:g}" for n, v in one["target"].items())
    _heading(
        f"Inverse: which {one['unknown']} gives {target}? All of them, exactly ({one['us']:.0f} us"
        " each)"
    )
    print(
        f"  {one['answered']} of {one['asked']} held-out rows can reach it by {one['unknown']}"
        " alone; the one with most answers:"
    )
    if one["solutions"]:
        print(
            "  at "
            + ", ".join(
                f"{n} {v:g}" if isinstance(v, float) else f"{n} {v}" for n, v in one["at"].items()
            )
        )
        print(f"  {one['unknown']} = " + ", ".join(f"{v:.6g}" for v in one["solutions"]))
    solutions = many["solutions"]
    wanted = ", ".join(f"{n} = {v:g}" for n, v in many["targets"].items())
    _heading(
        f"Inverse: {len(solutions)} different inputs that give {wanted}, in {many['ms']:.0f} ms"
        f" ({many['status']})"
    )
    if solutions:
        print(f"  worst error over range {many['worst_error_over_range']:.1e}; five of them:")
        rows = [
            [f"  {i + 1}", *(f"{v:.4g}" if isinstance(v, float) else v for v in s.values())]
            for i, s in enumerate(solutions[:5])
        ]
        print("\n".join(table(["  ", *solutions[0]], rows)))
    elif many.get("message"):
        print(f"  {many['message']}")


def speed(device: Record) -> None:
    _heading("Speed on this machine")
    rows = [
        [
            f"  {n}",
            f"{s['single_us_p50']:.1f}",
            f"{s['single_us_p99']:.1f}",
            f"{s['batch_per_s'] / 1e6:.2f}",
            f"{s['load_ms']:.1f}",
        ]
        for n, s in device["speed"].items()
    ]
    print("\n".join(table(["  backend", "query us", "p99 us", "million/s", "load ms"], rows)))
