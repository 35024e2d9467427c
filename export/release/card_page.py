"""The model card as a page: what it is for, where it fails, what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..report.page import Page

BLANK = "\N{NO-BREAK SPACE}"
QUARTERS = ("lowest", "second", "third", "highest")
Card = Mapping[str, Any]


def card_page(card: Card, plots: Sequence[str] = ()) -> Page:
    """The page of a card; `plots` stand beside the errors."""
    page = Page(f"Model card: {_title(card)}", card["intended"]["use"] or "")
    page.tiles(list(_tiles(card)))
    _intended(page, card)
    _failures(page, card)
    _domain(page, card)
    _errors(page, card, plots)
    if card["changes"]:
        page.heading("Against the release before")
        page.points(card["changes"].get("said", []))
    _data(page, card)
    _made(page, card)
    _certificate(page, card)
    return page


def _title(card: Card) -> str:
    version = card["version"]
    return card["name"] if version is None else f"{card['name']}, version {version}"


def _tiles(card: Card) -> Iterator[tuple[str, str]]:
    for output in card["outputs"]:
        unit = f"{BLANK}{output['unit']}" if output["unit"] else ""
        errors, coverage = output["errors"] or {}, output["coverage"]
        if "rmse" in errors:
            yield f"{errors['rmse']:.3g}{unit}", f"{output['name']}: RMSE on rows left out"
        if coverage and coverage["level"] is not None:
            share = coverage["by_level"].get(f"{coverage['level']:g}")
            if share is not None:
                yield (
                    _percent(share),
                    f"{output['name']}: in the {_percent(coverage['level'])} interval",
                )
    if card["fit"] and card["fit"]["rows"] is not None:
        yield str(card["fit"]["rows"]), "rows"
    yield f"{card['model']['bytes']}", "bytes"


def _intended(page: Page, card: Card) -> None:
    told = card["intended"]
    rows = [("For", told["use"]), *(("Not for", text) for text in told["not_for"])]
    rows += [("Whom to ask", told["owner"]), ("Where the rows come from", told["data"])]
    page.heading("Intended use")
    if not any(text for _, text in rows):
        page.text("Nobody has said what this model is for: write [card] in its project file.")
        return
    page.points([f"{what}: {text}" for what, text in rows if text])


def _failures(page: Page, card: Card) -> None:
    told = card["failures"]
    page.heading("Known failures")
    if told["stated"]:
        page.subheading("Stated").points(told["stated"])
    if told["found"]:
        page.subheading("Found in rows and file").points([one["said"] for one in told["found"]])
    if not (told["stated"] or told["found"]):
        page.text("None is known. That is not a promise that there are none.")
    page.text("Outside the domain below the model has no value.")
    for name, rows in told["worst_rows"].items():
        if not rows:
            continue
        page.subheading(f"Rows missed most: {name}")
        inputs = list(rows[0]["inputs"])
        page.table(
            ["row", "measured", "predicted", *inputs],
            [[one["row"], _short(one["measured"]), _short(one["predicted"]),
              *(_short(one["inputs"][n]) for n in inputs)] for one in rows],
        )  # fmt: skip


def _domain(page: Page, card: Card) -> None:
    page.heading("Domain")
    page.table(
        ["input", "unit", "from", "to"],
        [
            [one["name"], one["unit"] or "-", ", ".join(one["levels"]), ""]
            if one["levels"] is not None
            else [one["name"], one["unit"] or "-", _short(one["lower"]), _short(one["upper"])]
            for one in card["intended"]["domain"]
        ],
    )


def _errors(page: Page, card: Card, plots: Sequence[str]) -> None:
    page.heading("Errors and intervals")
    page.text(
        "Errors are of rows that the model had not seen. Every value in the domain lies in the"
        " guaranteed range."
    )
    head = ["output", "unit", "R2", "RMSE", "reached", "guaranteed"]
    page.table(
        head,
        [
            [one["name"], one["unit"] or "-",
             *(_short((one["errors"] or {}).get(k)) for k in ("r2", "rmse")),
             _ends(one["reached"]), _ends(one["guaranteed"])]
            for one in card["outputs"]
        ],
    )  # fmt: skip
    _labels(page, (card["fit"] or {}).get("classes") or {})
    covered = [one for one in card["outputs"] if one["coverage"]]
    if covered:
        _coverage(page, covered)
    if plots:
        page.plots(plots)


def _labels(page: Page, classes: Mapping[str, Any]) -> None:
    """What rows left out say of labels."""
    for target, one in classes.items():
        if not isinstance(one, Mapping) or "confusion" not in one:
            continue
        page.subheading(f"Labels of {target}, on rows left out")
        shown = {"log-loss": "log_loss", "log-loss of shares alone": "base_log_loss", "AUC": "auc",
                 "accuracy": "accuracy", "calibration error": "calibration_error"}  # fmt: skip
        page.table(list(shown), [[_short(one.get(key)) for key in shown.values()]])
        rows = zip(one["labels"], one["confusion"], strict=True)
        page.table(
            ["measured, answered as", *one["labels"]], [[name, *counts] for name, counts in rows]
        )


def _coverage(page: Page, outputs: Sequence[Mapping[str, Any]]) -> None:
    page.subheading("Rows inside their interval, by its level")
    levels = list(dict.fromkeys(k for one in outputs for k in one["coverage"]["by_level"]))
    page.table(
        ["output", *(_percent(float(k)) for k in levels)],
        [
            [one["name"], *(_percent(one["coverage"]["by_level"].get(k)) for k in levels)]
            for one in outputs
        ],
    )
    quarters = [one for one in outputs if len(one["coverage"]["by_quarter"]) == len(QUARTERS)]
    if not quarters:
        return
    level = _percent(quarters[0]["coverage"]["level"])
    page.subheading(f"Rows inside the {level} interval, by quarter of the prediction")
    page.table(
        ["output", *QUARTERS],
        [[one["name"], *(_percent(v) for v in one["coverage"]["by_quarter"])] for one in quarters],
    )


def _data(page: Page, card: Card) -> None:
    data, fit = card["data"], card["fit"]
    if not (data or fit):
        return
    page.heading("Data and fit")
    rows: list[tuple[str, Any]] = []
    if data:
        rows += [("table", data["table"]), ("SHA-256 of the table", data["sha256"]),
                 ("rows in the table", data["rows"]), ("columns", ", ".join(data["columns"])),
                 ("SHA-256 of the project file", data["project"])]  # fmt: skip
    if fit:
        splits = fit["splits"]
        rows += [("rows used", fit["rows"]), ("solver", fit["solver"]), ("chosen", fit["chosen"]),
                 ("seed", fit["seed"]), ("effort", fit["effort"]), ("folds", splits["folds"]),
                 ("confirmed by", splits["confirmed_by"])]  # fmt: skip
        if splits["held_out"]:
            rows.append(("held out", splits["held_out"]["how"]))
    if refit := card["refit"]:
        rows += [("fitted anew from the model", refit.get("from-sha256")),
                 ("with measured parts", refit.get("parts")),
                 ("of the logs", ", ".join(refit.get("logs", [])))]  # fmt: skip
    _facts(page, rows)


def _made(page: Page, card: Card) -> None:
    page.heading("How it was made")
    model, git = card["model"], card["git"]
    signature = model["signature"]
    rows: list[tuple[str, Any]] = [
        ("SHA-256 of the model", model["sha256"]),
        ("format of the file", model["format"]),
        ("kind", f"{model['kind'].upper()}, {model['modes']} modes, {model['parameters']} numbers"),
        ("stored as", ", ".join(dict.fromkeys(model["stored"]))),
        ("signed by key", signature["key"] if signature else "nobody"),
        ("dated", card["created"]),
    ]
    if git:
        dirty = " (with changes that are not committed)" if git["dirty"] else ""
        rows.append(("git commit", git["name"] + dirty))
    rows += [(name, text) for name, text in card["made_with"].items()]
    _facts(page, rows)


def _certificate(page: Page, card: Card) -> None:
    if card["certificate"]:
        page.heading("Certificate")
        _facts(page, list(_leaves(card["certificate"])))


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name} / ")
        else:
            yield f"{above}{name}", _short(value)


def _facts(page: Page, rows: Sequence[tuple[str, Any]]) -> None:
    page.facts([(name, str(value)) for name, value in rows if value is not None])


def _ends(ends: Sequence[float | None]) -> str:
    return f"{_short(ends[0])}{BLANK}to{BLANK}{_short(ends[1])}"


def _short(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.4g}{BLANK}%"
