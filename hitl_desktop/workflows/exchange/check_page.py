"""What a check of a data set found, as one page that needs no other file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hitl_desktop.domain.dataset import ImportIssue
from hitl_desktop.formats.registry import FORMATS
from hitl_desktop.texts import ISSUE_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.convert import Opened
from hitl_desktop.workflows.exchange.dataset_check import Statistics
from hitl_desktop.workflows.quality.chart_values import Bars, Part, axis
from hitl_desktop.workflows.quality.pages import Table, render
from hitl_desktop.workflows.quality.svg_charts import bar_chart

_MOST_BARS, _MOST_ISSUES = 40, 2000


def to_html(path: Path, opened: Opened, found: Statistics, issues: Sequence[ImportIssue]) -> str:
    """The page about the data set at a path."""
    counts = [
        (tr("images"), found.images),
        (tr("images without boxes"), found.images_without_boxes),
        (tr("images without files"), found.images_without_files),
        (tr("boxes"), found.annotations),
        (tr("boxes smaller than 32 x 32"), found.small),
        (tr("boxes up to 96 x 96"), found.medium),
        (tr("larger boxes"), found.large),
        *((tr("images in {split}", split=name), n) for name, n in found.splits.items()),
    ]
    kinds: dict[str, int] = {}
    for issue in issues:
        kinds[ISSUE_TEXT[issue.kind]] = kinds.get(ISSUE_TEXT[issue.kind], 0) + issue.count
    rows = [(i.where, ISSUE_TEXT[i.kind], i.problem) for i in issues[:_MOST_ISSUES]]
    categories = sorted(found.categories.items(), key=lambda pair: -pair[1])
    near = [(", ".join(names),) for names in found.near_duplicate_names]
    return render(
        "check.html",
        name=path.name,
        format=FORMATS[opened.format].title,
        reason=opened.reason,
        counts=Table(tr("What is in it"), (tr("what"), tr("how many")), counts),
        chart=_chart(categories[:_MOST_BARS]),
        categories=Table(tr("Boxes by category"), (tr("category"), tr("boxes")), categories),
        near=Table(tr("Categories of nearly the same name"), (tr("names"),), near),
        kinds=Table(tr("By kind"), (tr("kind"), tr("how many")), list(kinds.items())),
        issues=Table(tr("One by one"), (tr("where"), tr("kind"), tr("what")), rows),
        more=max(len(issues) - _MOST_ISSUES, 0),
    )


def _chart(categories: Sequence[tuple[str, int]]) -> str:
    """Bars of the categories with the most boxes."""
    if not categories:
        return ""
    bars = [Bars(name, [Part(float(n), None, str(n), f"{name}: {n}")]) for name, n in categories]
    x = axis(tr("boxes"), [0.0, float(categories[0][1] or 1)], "{:.0f}")
    return bar_chart(tr("Boxes by category"), [tr("boxes")], bars, x)
