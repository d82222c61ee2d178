"""The report as one page that needs no other file: tables, charts and examples of mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hitl_desktop.domain.words import counted
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.quality import report_charts as charts
from hitl_desktop.workflows.quality.pages import Table, render, time_words
from hitl_desktop.workflows.quality.report import report
from hitl_desktop.workflows.quality.report_charts import Data, figure_words, share_words
from hitl_desktop.workflows.quality.report_crops import Crop, Crops, cut_crops, words_of
from hitl_desktop.workflows.quality.tuning import tuning

_MOST_MISTAKES = 20


@dataclass(frozen=True, slots=True)
class CellCrops:
    """The examples behind a cell of the confusion matrix, and the place of the page where they are."""

    link: str
    words: str
    boxes: int
    crops: Sequence[Crop]


def report_and_page(project: Project, progress: Progress) -> tuple[dict[str, Any], str]:
    """Measure the loop; returns the report as plain data, and as a page with crops of the user's images."""
    tuned = tuning(project, progress)
    measured = report(project, progress, tuned)
    crops = cut_crops(project, tuned.cells, measured["validation"]["head"], progress)
    return measured, to_html(measured, crops)


def to_html(data: Data, crops: Crops | None = None) -> str:
    """The report as one page, with its charts and these crops in it."""
    crops = crops or Crops()
    cells = _cells(data["mixed_up"], crops.cells)
    effort, validation = data["effort"], data["validation"]
    return render(
        "report.html",
        data=data,
        written=time_words(data["written"]),
        states=_states(data["pictures"]),
        figures=list(_key_figures(data)),
        categories=_categories(data),
        learning=charts.learning_curve(data),
        learning_table=_learning_table(data),
        at_first_sight=charts.precision_and_recall(
            tr("Precision and recall before training"), data["at_first_sight"]
        ),
        first_sight_table=_first_sight_table(data["at_first_sight"]),
        matrix=charts.confusion_matrix(data["mixed_up"], {key: cell.link for key, cell in cells.items()}),
        is_matrix_whole=_is_whole(data["mixed_up"]),
        mistakes=_mistakes(data["mixed_up"]),
        cells=list(cells.values()),
        crops=crops,
        reliability=charts.reliability_chart(data["reliability"]),
        reliability_words=_reliability_words(data["reliability"], data["reliability"]["boxes"]),
        thresholds=_thresholds(data["thresholds"]),
        saved=charts.effort_saved(effort["stretches"]),
        corrections=charts.corrections_an_image(effort["stretches"]),
        minutes=charts.minutes_an_image(effort["stretches"]),
        effort=_effort_table(effort),
        validation=charts.precision_and_recall(
            tr("Precision and recall on validated images"), validation["categories"]
        ),
        validation_table=_validation_table(validation["categories"]),
        validation_reliability=charts.reliability_chart(validation["reliability"]),
        validation_words=_reliability_words(validation["reliability"], validation["boxes"]),
        worst_images=_worst_images(validation["worst"]),
    )


def _states(images: Mapping[str, int]) -> str:
    names = {
        "decided": tr("done"),
        "undecided": tr("to do"),
        "skipped": tr("skipped"),
        "unreadable": tr("unreadable"),
    }
    return ", ".join(
        f"{count} {names.get(key, key)}" for key, count in images.items() if key != "all" and count
    )


def _key_figures(data: Data) -> Iterator[tuple[str, str, str]]:
    """What is looked at first: a name, a figure, and its interval or of how many it is."""
    images, held_out, effort = data["pictures"], data["held_out"], data["effort"]
    of = tr("of {images}", images=counted(images["all"], "image"))
    yield tr("done"), str(images["decided"]), of
    if held_out["f1"] is not None:
        low, high = held_out["interval"]
        of = tr(
            "{low:.2f} to {high:.2f}; {images}",
            low=low,
            high=high,
            images=counted(held_out["pictures"], "image"),
        )
        yield tr("F1, held out"), f"{held_out['f1']:.2f}", of
    every = [c for c in data["at_first_sight"] if c["shown"]]
    if shown := sum(c["shown"] for c in every):
        right = sum(c["right"] for c in every)
        yield tr("suggestions correct"), f"{right / shown:.0%}", tr("{right} of {of}", right=right, of=shown)
    latest = next((s for s in reversed(effort["stretches"]) if s["minutes"] is not None), None)
    if latest is not None:
        of = counted(latest["pictures"], "image")
        if latest["minutes_interval"] is not None:
            low, high = latest["minutes_interval"]
            of = tr("{low:.2f} to {high:.2f}; {images}", low=low, high=high, images=of)
        yield tr("minutes per image, lately"), f"{latest['minutes']:.2f}", of


def _categories(data: Data) -> Table:
    rows = [(c["name"], c["boxes"], c["words"]) for c in data["categories"]]
    return Table(tr("Categories"), (tr("category"), tr("boxes"), tr("status")), rows)


def _learning_table(data: Data) -> Table:
    curves = (
        (tr("all images"), data["learning_curve"]),
        (tr("random sample"), data["learning_curve_random"]),
        (tr("held out"), data["learning_curve_held_out"]),
    )
    rows = [
        (name, p["pictures"], f"{p['f1']:.2f}", "{:.2f} – {:.2f}".format(*p["interval"]), p["of"])
        for name, points in curves
        for p in points
    ]
    headings = (tr("images"), tr("done before"), tr("F1"), tr("95 % interval"), tr("measured on"))
    return Table(tr("The learning curve in numbers"), headings, rows)


def _first_sight_table(rows: Sequence[Data]) -> Table:
    def share(c: Data, key: str, of: str) -> str:
        return share_words(c["right"] / c[of] if c[of] else None, c[f"{key}_interval"], c[of])

    shown = [(c["name"], share(c, "precision", "shown"), share(c, "recall", "objects")) for c in rows]
    headings = (tr("category"), tr("precision (boxes shown)"), tr("recall (objects)"))
    return Table(tr("Precision and recall of each category, before training"), headings, shown)


def _is_whole(cells: Sequence[Data]) -> bool:
    """Whether the matrix has room for all categories."""
    names = {*charts.confusion_names(cells)}
    return all({c["real"], c["said"]} <= names | {charts.NOTHING} for c in cells)


def _mistakes(cells: Sequence[Data]) -> Table:
    wrong = sorted((c for c in cells if c["real"] != c["said"]), key=lambda c: -c["boxes"])
    rows = [(words_of(c["real"], c["said"]), c["boxes"]) for c in wrong[:_MOST_MISTAKES]]
    return Table(tr("Most frequent mistakes"), (tr("mistake"), tr("boxes")), rows)


def _cells(
    cells: Sequence[Data], crops: Mapping[tuple[str, str], Sequence[Crop]]
) -> dict[tuple[str, str], CellCrops]:
    """The cells that have crops: mistakes first, the most frequent ones first."""
    ranked = sorted(cells, key=lambda c: (c["real"] == c["said"], -c["boxes"]))
    keys = [((c["real"], c["said"]), c["boxes"]) for c in ranked]
    return {
        key: CellCrops(f"cell-{n}", words_of(*key), boxes, crops[key])
        for n, (key, boxes) in enumerate(keys)
        if crops.get(key)
    }


def _reliability_words(measured: Data, boxes: int) -> str:
    if not boxes:
        return tr("Nothing is measured yet.")
    low, high = measured["interval"]
    return tr(
        "Scores were off by {error:.2f} on average (95 %: {low:.2f} to {high:.2f}; {boxes}).",
        error=measured["error"],
        low=low,
        high=high,
        boxes=counted(boxes, "box"),
    )


def _thresholds(advice: Sequence[Data]) -> Table:
    rows = [
        (a["name"], f"{a['threshold']:.2f}", share_words(a["precision"], a["interval"], a["shown"]))
        for a in advice
    ]
    headings = (tr("category"), tr("show from score"), tr("then correct"))
    return Table(tr("From which score on suggestions pay"), headings, rows)


def _effort_table(effort: Data) -> Table:
    rows = [
        (
            name,
            e["pictures"],
            e["boxes"],
            figure_words(e, "saved", "{:.0%}"),
            figure_words(e, "minutes", "{:.2f}"),
        )
        for name, e in ((tr("a random sample"), effort["drawn"]), (tr("all others"), effort["others"]))
    ]
    headings = (tr("images"), tr("how many"), tr("boxes"), tr("effort saved"), tr("minutes per image"))
    return Table(tr("Effort since the first training, with 95 % intervals"), headings, rows)


def _validation_table(rows: Sequence[Data]) -> Table:
    shown = [
        (
            c["name"],
            share_words(c["precision"], c["precision_interval"], c["shown"]),
            share_words(c["recall"], c["recall_interval"], c["objects"]),
            tr("none")
            if c["ap_of_shown"] is None
            else "{:.2f} ({:.2f} – {:.2f})".format(c["ap_of_shown"], *c["ap_of_shown_interval"]),
        )
        for c in rows
    ]
    headings = (tr("category"), tr("precision (boxes)"), tr("recall (objects)"), tr("AP of what was shown"))
    return Table(tr("Precision, recall and AP of each category, validated"), headings, shown)


def _worst_images(worst: Sequence[Data]) -> Table:
    rows = [(w["picture"], w["errors"], w["boxes"]) for w in worst]
    return Table(tr("Images with the most errors"), (tr("image"), tr("wrong"), tr("boxes")), rows)
