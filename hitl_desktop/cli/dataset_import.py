"""What `new` and `import` share: the options about a data set file, and the report of the import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hitl_desktop.cli.reporting import Report
from hitl_desktop.translation import tr, trn

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

AS = click.option(
    "--as",
    "take_as",
    type=click.Choice(["labels", "suggestions"]),
    default="labels",
    show_default=True,
    help="Labels, or suggestions that people accept or correct.",
)
MERGE = click.option(
    "--merge",
    type=click.Choice(["ours", "theirs", "both"]),
    default="ours",
    show_default=True,
    help="What becomes of images that people labelled here: they stay, take the file's boxes, or have both.",
)
CATEGORIES = click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="NAME=NAME",
    help="A category of the file and what it becomes here; with nothing after = its boxes are left out.",
)


def import_options(
    unlabelled: str,
    boxes: str | None,
    merge: str = "ours",
    categories: Sequence[str] = (),
    take_as: str = "labels",
) -> ImportOptions:
    """The options of the command line as the import takes them.

    Raises:
        UsageError: a category is not given as NAME=NAME.
    """
    from hitl_desktop.domain.dataset import BoxForm, ImportOptions, MergePolicy, Unlabelled  # noqa: PLC0415

    chosen: dict[str, str | None] = {}
    for pair in categories:
        name, sign, new = pair.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"{pair!r} is not NAME=NAME, such as --category car=vehicle.")
        chosen[name.strip()] = new.strip() or None
    return ImportOptions(
        Unlabelled(unlabelled),
        BoxForm(boxes) if boxes else None,
        MergePolicy(merge),
        chosen,
        take_as == "suggestions",
    )


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

    from hitl_desktop.domain.categories import near_name  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.align_dataset import align  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.import_dataset import with_categories  # noqa: PLC0415

    result = with_categories(result, options.categories)
    aligned = align(project, result, options)
    known = [c.name for c in project.categories.all()]
    new = [c.name for c in result.dataset.categories if c.name not in known]
    near = {name: other for name in new if (other := near_name(name, known))}
    decided = project.decisions.latest_final()
    boxes_of = project.annotations.of_images(r.id for r in aligned.records.values())
    labelled = sum(r.id in decided or bool(boxes_of[r.id]) for r in aligned.records.values())
    remarks = [tr("New categories: {names}.", names=", ".join(new))] if new else []
    if labelled:
        what = trn("{n} image is labelled here", "{n} images are labelled here", labelled)
        remarks.append(f"{what} (--merge {options.merge.value}).")
    remarks += [
        tr(
            '"{name}" is nearly "{other}" of the project; --category "{name}={other}" makes them one.',
            name=name,
            other=other,
        )
        for name, other in near.items()
    ]
    return {
        "summary": tr("Nothing was imported: this is what would be."),
        "images": len(aligned.dataset.images),
        "annotations": len(aligned.dataset.annotations),
        "categories": len(result.dataset.categories),
        "new_categories": new,
        "labelled_here": labelled,
        "near_names": near,
        "remarks": [{"path": "", "remark": remark} for remark in remarks],
        "issues": [asdict(issue) for issue in (*result.issues, *aligned.issues)],
    }
