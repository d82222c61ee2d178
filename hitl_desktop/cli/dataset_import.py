"""What `new` and `import` share: the options about a data set file, and the report of the import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hitl_desktop.cli.reporting import Report
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.domain.dataset import ImportOptions, ImportResult
    from hitl_desktop.store.project import Project
    from hitl_desktop.workflows.exchange.import_dataset import ImportSummary

UNLABELLED = click.option(
    "--unlabelled",
    type=click.Choice(["undecided", "empty"]),
    default="undecided",
    show_default=True,
    help="How to treat images that the file lists without a box.",
)
BOXES = click.option(
    "--boxes",
    type=click.Choice(["pixels", "corners", "fractions", "fraction-corners"]),
    default=None,
    help="What the numbers of a box are: x y width height, two corners, or either as fractions of the image.",
)


def import_options(unlabelled: str, boxes: str | None) -> ImportOptions:
    """The options of the command line as the import takes them."""
    from hitl_desktop.domain.dataset import BoxForm, ImportOptions, Unlabelled  # noqa: PLC0415

    return ImportOptions(Unlabelled(unlabelled), BoxForm(boxes) if boxes else None)


def import_report(imported: ImportSummary | None) -> Report:
    """The first part of a report: how much of the data set file was imported."""
    if imported is None:
        return {}
    return {
        "summary": imported.words,
        "nothing_came_in": imported.is_nothing,
        "listed": {"images": imported.listed_images, "annotations": imported.listed_annotations},
        "came_in": {"images": imported.images, "annotations": imported.annotations},
        "faults": imported.faults(),
    }


def foreseen(project: Project, result: ImportResult, options: ImportOptions) -> Report:
    """What an import would find, without doing it."""
    from dataclasses import asdict  # noqa: PLC0415

    from hitl_desktop.workflows.exchange.align_dataset import align  # noqa: PLC0415

    aligned = align(project, result, options)
    known = {c.name for c in project.categories.all()}
    new = [c.name for c in result.dataset.categories if c.name not in known]
    remark = tr("New categories: {names}.", names=", ".join(new)) if new else ""
    return {
        "summary": tr("Nothing was imported: this is what would be."),
        "images": len(aligned.dataset.images),
        "annotations": len(aligned.dataset.annotations),
        "categories": len(result.dataset.categories),
        "new_categories": new,
        "remarks": [{"path": "", "remark": remark}] if remark else [],
        "issues": [asdict(issue) for issue in (*result.issues, *aligned.issues)],
    }
