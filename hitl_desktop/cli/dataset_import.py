"""What `new` and `import` share: the options about a data set file, and the report of the import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hitl_desktop.cli.reporting import Report

if TYPE_CHECKING:
    from hitl_desktop.domain.dataset import ImportOptions
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
