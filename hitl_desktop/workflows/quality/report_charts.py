"""What was measured, as charts: those of the report and of the window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from hitl_desktop.domain.review import SECONDS_TO_DRAW
from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr
from hitl_desktop.workflows.quality.chart_values import (
    PAGE,
    Axis,
    Band,
    Bars,
    Bin,
    HeatCell,
    Matrix,
    Part,
    Room,
    Series,
    Value,
    axis,
)
from hitl_desktop.workflows.quality.report_crops import words_of
from hitl_desktop.workflows.quality.svg_charts import bar_chart, heat_map, line_chart, reliability_diagram
from hitl_desktop.workflows.quality.threshold_advice import WORTH_SHOWING
from hitl_desktop.workflows.quality.tuning import NOTHING

Data = Mapping[str, Any]
MOST_BARS = 20
MOST_IN_MATRIX = 14
_PERCENT = "{:.0%}"
_TOLERANCE = 0.1
_BELOW_ZERO = -0.2
"""So far effort saved is shown below zero at least: that it may be lost should be seen."""
_SHARES = (0.0, 1.0)


def learning_curve(data: Data, room: Room = PAGE) -> str:
    """F1 by decided images, of all, of a random sample and of what is held out; "" where nothing is
    measured."""
    curves = (
        (tr("all images, before training on them"), data["learning_curve"]),
        (tr("a random sample of them"), data["learning_curve_random"]),
        (tr("held-out images, named by the latest versions"), data["learning_curve_held_out"]),
    )
    series = [Series(name, [_f1_value(p) for p in points]) for name, points in curves]
    places = [v.x for s in series for v in s.values]
    if not places:
        return ""
    consistency, band = data["consistency"], None
    if consistency["f1"] is not None:
        low, high = consistency["f1_interval"]
        name = tr("your agreement with yourself, {low:.2f} to {high:.2f}", low=low, high=high)
        band = Band(name, low, high)
    x = axis(tr("images done"), [0, *places], whole=True)
    y = axis(tr("F1 on images not yet trained on"), _SHARES, "{:.1f}")
    return line_chart(tr("Learning curve"), series, x, y, band, room)


def _f1_value(point: Data) -> Value:
    low, high = point["interval"]
    words = tr(
        "after {decided}: F1 {f1:.2f} (95 %: {low:.2f} to {high:.2f}; {images})",
        decided=counted(point["pictures"], "done image"),
        f1=point["f1"],
        low=low,
        high=high,
        images=counted(point["of"], "image"),
    )
    return Value(point["pictures"], point["f1"], (low, high), words)


def share_words(part: float | None, interval: Sequence[float], of: int) -> str:
    """A share with its interval and of how many it is one."""
    if part is None or not of:
        return tr("none")
    return tr(
        "{part:.0%} ({low:.0%} to {high:.0%}; n = {of})", part=part, low=interval[0], high=interval[1], of=of
    )


def by_size(rows: Sequence[Data]) -> list[Data]:
    """Categories by how many objects there were, or how many boxes were shown."""
    return sorted(rows, key=lambda c: -max(c["objects"], c["shown"]))


def precision_and_recall(
    title: str, rows: Sequence[Data], room: Room = PAGE, most: int | None = MOST_BARS
) -> str:
    """Both of each category, those with the most objects first, as many as have room."""
    if not rows:
        return ""
    names = (tr("precision: of the boxes shown"), tr("recall: of the objects"))
    ranked = by_size(rows)[:most]
    bars = [
        Bars(
            c["name"],
            [
                _part(c["name"], names[0], c["right"], c["shown"], c["precision_interval"]),
                _part(c["name"], names[1], c["right"], c["objects"], c["recall_interval"]),
            ],
        )
        for c in ranked
    ]
    band = Band(
        tr("precision from which a box saves time: {share:.0%}", share=WORTH_SHOWING), WORTH_SHOWING, 1.0
    )
    return bar_chart(title, names, bars, axis(tr("share"), _SHARES, _PERCENT), band, room)


def _part(category: str, name: str, right: int, of: int, interval: Sequence[float]) -> Part:
    label = tr("{right} of {of}", right=right, of=of) if of else tr("none")
    share = right / of if of else None
    low, high = interval
    words = tr(
        "{category}, {name}: {share}", category=category, name=name, share=share_words(share, interval, of)
    )
    return Part(share, (low, high) if of else None, label, words)


def confusion_names(cells: Sequence[Data], most: int | None = MOST_IN_MATRIX) -> list[str]:
    """The categories of the matrix, as many as have room: those with the most boxes."""
    boxes: Counter[str] = Counter()
    for cell in cells:
        for name in {cell["real"], cell["said"]} - {NOTHING}:
            boxes[name] += cell["boxes"]
    return sorted(name for name, _ in boxes.most_common(most))


def confusions(
    cells: Sequence[Data],
    links: Mapping[tuple[str, str], str] | None = None,
    most: int | None = MOST_IN_MATRIX,
) -> Matrix:
    """What objects of each category were suggested as; false positives are in the last row, missed objects in
    the last column."""
    every = confusion_names(cells, most)
    names = [*every, NOTHING]
    totals: Counter[str] = Counter()
    for cell in cells:
        totals[cell["real"]] += cell["boxes"]
    shown: dict[tuple[int, int], HeatCell] = {}
    places = {name: n for n, name in enumerate(names)}
    for cell in cells:
        real, said, boxes = cell["real"], cell["said"], cell["boxes"]
        if real not in places or said not in places:
            continue
        share = boxes / totals[real]
        words = tr(
            "{what}: {boxes}, {share:.0%} of {total}",
            what=words_of(real, said),
            boxes=counted(boxes, "box"),
            share=share,
            total=totals[real],
        )
        link = (links or {}).get((real, said), "")
        shown[places[real], places[said]] = HeatCell(boxes, share, real == said, words, link)
    rows = [tr("{name} (n = {total})", name=r, total=totals[r]) for r in every]
    rows.append(tr("false positive (n = {total})", total=totals[NOTHING]))
    return Matrix(rows, [*every, tr("missed")], shown)


def confusion_matrix(cells: Sequence[Data], links: Mapping[tuple[str, str], str]) -> str:
    """What objects of each category were suggested as; a cell with crops leads to them."""
    if not cells:
        return ""
    return heat_map(
        tr("Confusion matrix: what objects are, against what they were suggested as"),
        confusions(cells, links),
        axes=(tr("really"), tr("suggested")),
        names=(
            tr("correct; stronger: a larger share of the row"),
            tr("mistaken; stronger: a larger share of the row"),
        ),
    )


def reliability_chart(measured: Data, room: Room = PAGE) -> str:
    """The share that was right by score, with how many boxes that were."""
    bins = [_bin(*one) for one in measured["bins"]]
    if not bins:
        return ""
    axes = (
        axis(tr("score"), _SHARES, "{:.1f}"),
        axis(tr("share that was correct"), _SHARES, _PERCENT),
    )
    names = (
        tr("measured, with 95 % intervals"),
        Band(tr("as the score says, give or take {tolerance:.1f}", tolerance=_TOLERANCE), 0.0, _TOLERANCE),
    )
    return reliability_diagram(
        tr("Reliability of the scores"), bins, axes, names, tr("boxes, by score"), room
    )


def _bin(score: float, right: float, boxes: int, interval: Sequence[float]) -> Bin:
    low, high = interval
    words = tr(
        "score {score:.2f}: {right:.0%} correct (95 %: {low:.0%} to {high:.0%}; {boxes})",
        score=score,
        right=right,
        low=low,
        high=high,
        boxes=counted(boxes, "box"),
    )
    return Bin(score, right, boxes, (low, high), words)


def effort_saved(stretches: Sequence[Data], room: Room = PAGE) -> str:
    """The share of drawing time that suggestions saved, over decided images."""
    values = _over_time(stretches, "saved", "{:.0%}", tr("boxes"), "boxes")
    if not values:
        return ""
    lows = [v.interval[0] if v.interval else v.y for v in values]
    y = axis(tr("share of drawing time saved"), [1.0, max(-1.0, min(_BELOW_ZERO, *lows))], _PERCENT)
    band = Band(tr("suggestions save time"), 0.0, 1.0)
    x = _decided(stretches)
    return line_chart(tr("Effort saved"), [Series(tr("effort saved"), values)], x, y, band, room)


def corrections_an_image(stretches: Sequence[Data], room: Room = PAGE) -> str:
    """How many boxes people drew or corrected on an image, over decided images, beside how many it has."""
    values = _over_time(stretches, "corrections", "{:.1f}", tr("images"), "pictures")
    if not values:
        return ""
    images, boxes = (sum(s[key] for s in stretches) for key in ("pictures", "boxes"))
    by_hand = boxes / images if images else 0.0
    band = None
    if by_hand:
        name = tr("less than drawing every box by hand: {boxes:.1f}", boxes=by_hand)
        band = Band(name, 0.0, by_hand)
    highs = [v.interval[1] if v.interval else v.y for v in values]
    y = axis(tr("boxes per image"), [0.0, by_hand, *highs])
    series = [Series(tr("boxes drawn, moved, renamed or rejected"), values)]
    return line_chart(tr("Corrections per image"), series, _decided(stretches), y, band, room)


def minutes_an_image(stretches: Sequence[Data], room: Room = PAGE) -> str:
    """Active minutes per image, over decided images, beside what drawing all their boxes would take."""
    values = _over_time(stretches, "minutes", "{:.2f}", tr("images"), "pictures")
    if not values:
        return ""
    images, boxes = (sum(s[key] for s in stretches) for key in ("pictures", "boxes"))
    by_hand = boxes * SECONDS_TO_DRAW / 60 / images if images else 0.0
    band = None
    if by_hand:
        name = tr(
            "less than drawing every box by hand: {minutes:.2f} ({seconds:g} s a box)",
            minutes=by_hand,
            seconds=SECONDS_TO_DRAW,
        )
        band = Band(name, 0.0, by_hand)
    highs = [v.interval[1] if v.interval else v.y for v in values]
    y = axis(tr("minutes per image, without pauses"), [0.0, by_hand, *highs])
    series = [Series(tr("minutes per image"), values)]
    return line_chart(tr("Minutes per image"), series, _decided(stretches), y, band, room)


def _decided(stretches: Sequence[Data]) -> Axis:
    return axis(tr("images done"), [0, sum(s["pictures"] for s in stretches)], whole=True)


def _over_time(stretches: Sequence[Data], key: str, form: str, noun: str, of: str) -> list[Value]:
    """Where a stretch of images ends, its value and the interval, where it was measured."""
    ends = accumulate(stretch["pictures"] for stretch in stretches)
    return [
        Value(end, s[key], tuple(i) if (i := s[f"{key}_interval"]) else None,
              f"{figure_words(s, key, form)} ({noun}: {s[of]})")
        for end, s in zip(ends, stretches, strict=True)
        if s[key] is not None
    ]  # fmt: skip


def figure_words(effort: Data, key: str, form: str) -> str:
    """A figure of effort with its interval, or that there is none."""
    value, interval = effort[key], effort[f"{key}_interval"]
    if value is None or interval is None:
        return tr("too few images")
    low, high = (form.format(end) for end in interval)
    return tr("{value} ({low} to {high})", value=form.format(value), low=low, high=high)
