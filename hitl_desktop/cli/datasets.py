"""Commands that import and export data sets and models."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.dataset_files import COLUMNS, parsed_columns
from hitl_desktop.cli.dataset_import import (
    AS,
    BOXES,
    CATEGORIES,
    MERGE,
    UNLABELLED,
    foreseen,
    import_options,
    import_report,
)
from hitl_desktop.cli.export_choices import export_choices, export_options
from hitl_desktop.cli.names import FORMAT
from hitl_desktop.cli.paths import DATASET, FOLDER, PROJECT
from hitl_desktop.cli.reporting import Report, prints_report
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr


@command(
    "Data sets",
    "import sample.hitl truth.json",
    "import sample.hitl truth.json --unlabelled empty",
    "import sample.hitl truth.json --as suggestions",
    name="import",
)
@click.argument("project", type=PROJECT)
@click.argument("path", type=DATASET)
@click.option("--format", "format_name", type=FORMAT, default="", help="Its format, if it is not recognised.")
@UNLABELLED
@BOXES
@AS
@MERGE
@CATEGORIES
@COLUMNS
@click.option("--dry-run", is_flag=True, help="Tell what would be imported, and import nothing.")
@prints_report
def import_(
    project: Path,
    path: Path,
    format_name: str,
    unlabelled: str,
    boxes: str | None,
    take_as: str,
    merge: str,
    categories: tuple[str, ...],
    columns: str,
    dry_run: bool,
) -> Report:
    """Import a data set as ground truth, or as suggestions.

    Images are found by their path or name; those with boxes become decided. Whatever could not be taken as it
    stands is listed.
    """
    from hitl_desktop.formats.recognition import recognise  # noqa: PLC0415
    from hitl_desktop.store.project import SUFFIX, Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.import_dataset import (  # noqa: PLC0415
        read_dataset,
        sizes_in,
    )
    from hitl_desktop.workflows.exchange.import_suggestions import take_in  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as list_what_is_new  # noqa: PLC0415

    if path.suffix == SUFFIX:
        read_dataset(path)  # refused there
    name, options = (
        format_name or recognise(path).format,
        import_options(unlabelled, boxes, merge, categories, take_as),
    )
    with Project.open(project) as opened, TerminalProgress(tr("Reading images")) as progress:
        list_what_is_new(opened, progress)
        result = read_dataset(path, format_name=name, sizes=sizes_in(opened), columns=parsed_columns(columns))
        if dry_run:
            return foreseen(opened, result, options)
        summary = take_in(opened, result, options, file=path, progress=progress)
        unreadable = [{"path": i.path, "reason": i.reason} for i in opened.images.all() if i.reason]
    return import_report(summary) | {
        "images": summary.images,
        "annotations": summary.annotations,
        "categories": summary.categories,
        "unreadable": unreadable,
        "issues": [asdict(issue) for issue in summary.issues],
    }


@command(
    "Data sets",
    "export sample.hitl --out labels.json",
    "export sample.hitl --out checked.json --suggestions-from 0.8",
    "export sample.hitl --out yolo-folder --format yolo --image-files copy --split 80/20",
)
@click.argument("project", type=PROJECT)
@click.option(
    "--format", "format_name", type=FORMAT, default="coco", show_default=True, help="The format to write."
)
@click.option("--out", type=DATASET, required=True, help="The file or folder to write.")
@click.option(
    "--force", is_flag=True, help="Replace a file that was imported, or that another program wrote."
)
@export_choices
@prints_report
def export(project: Path, format_name: str, out: Path, force: bool, **chosen: Any) -> Report:
    """Write the decided images and their annotations.

    No file is replaced that was imported, or that another program wrote, without --force.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_dataset import export_dataset, in_words  # noqa: PLC0415

    options = export_options(chosen)
    with Project.open(project) as opened, TerminalProgress(tr("Writing")) as progress:
        summary = export_dataset(
            opened, out, format_name=format_name, force=force, options=options, progress=progress
        )
    return asdict(summary) | {"path": str(summary.path), "remarks": in_words(summary)}


@command(
    "Data sets", "export-head sample.hitl --out detector", "export-head sample.hitl --out detector --json"
)
@click.argument("project", type=PROJECT)
@click.option("--out", type=FOLDER, required=True, help="The folder to write.")
@prints_report
def export_head(project: Path, out: Path) -> Report:
    """Write the taught detector as one ONNX file.

    Its card lies beside it, and the head alone as arrays and JSON; `prelabel --model` takes the file.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_model import export_head as run  # noqa: PLC0415

    with Project.open(project) as opened:
        result = run(opened, out)
    return asdict(result) | {"folder": str(result.folder)}
