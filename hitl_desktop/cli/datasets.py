"""Commands that import and export data sets and models."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from hitl_desktop.cli.dataset_import import BOXES, UNLABELLED, import_options, import_report
from hitl_desktop.cli.reporting import PATH, Report, prints_report
from hitl_desktop.terminal import TerminalProgress


@click.command("import")
@click.argument("project", type=PATH)
@click.argument("path", type=PATH)
@click.option("--format", "format_name", default="coco", show_default=True)
@UNLABELLED
@BOXES
@prints_report
def import_(project: Path, path: Path, format_name: str, unlabelled: str, boxes: str | None) -> Report:
    """Take a data set file as ground truth."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as list_what_is_new  # noqa: PLC0415

    result = read_dataset(path, format_name=format_name)
    with Project.open(project) as opened, TerminalProgress("Reading images") as progress:
        list_what_is_new(opened, progress)
        summary = import_dataset(opened, result, import_options(unlabelled, boxes), file=path)
        unreadable = [{"path": i.path, "reason": i.reason} for i in opened.images.all() if i.reason]
    return import_report(summary) | {
        "images": summary.images,
        "annotations": summary.annotations,
        "categories": summary.categories,
        "unreadable": unreadable,
        "issues": [asdict(issue) for issue in summary.issues],
    }


@click.command()
@click.argument("project", type=PATH)
@click.option("--format", "format_name", default="coco", show_default=True)
@click.option("--out", type=PATH, required=True, help="The file to write.")
@click.option("--all", "all_images", is_flag=True, help="Undecided and skipped images too.")
@click.option(
    "--force", is_flag=True, help="Replace a file that was imported, or that another program wrote."
)
@prints_report
def export(project: Path, format_name: str, out: Path, all_images: bool, force: bool) -> Report:
    """Write the decided images and their annotations."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_dataset import export_dataset, in_words  # noqa: PLC0415

    with Project.open(project) as opened:
        summary = export_dataset(opened, out, format_name=format_name, all_images=all_images, force=force)
    return asdict(summary) | {"path": str(summary.path), "remarks": in_words(summary)}


@click.command("export-head")
@click.argument("project", type=PATH)
@click.option("--out", type=PATH, required=True, help="The folder to write.")
@prints_report
def export_head(project: Path, out: Path) -> Report:
    """Write the taught detector as one ONNX file with its card, and the head as arrays and JSON."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_model import export_head as run  # noqa: PLC0415

    with Project.open(project) as opened:
        result = run(opened, out)
    return asdict(result) | {"folder": str(result.folder)}
