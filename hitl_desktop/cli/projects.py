"""Commands for a project and its image files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.dataset_import import BOXES, UNLABELLED, import_options, import_report
from hitl_desktop.cli.paths import ARCHIVE, DATASET_FILE, FOLDER, PROJECT
from hitl_desktop.cli.reporting import Report, prints_report
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr


@command(
    "Projects",
    "new sample.hitl --images pictures",
    "new sample.hitl --images pictures --coco truth.json",
    "new sample.hitl --images pictures --coco truth.json --unlabelled empty",
)
@click.argument("project", type=PROJECT)
@click.option("--images", "folder", type=FOLDER, required=True, help="The folder of images.")
@click.option("--coco", type=DATASET_FILE, help="A COCO file that becomes ground truth of decided images.")
@UNLABELLED
@BOXES
@prints_report
def new(project: Path, folder: Path, coco: Path | None, unlabelled: str, boxes: str | None) -> Report:
    """Create a project from a folder of images.

    The image files stay where they are and are never written to. With a COCO file, its images are decided.
    """
    from hitl_desktop.workflows.projects.new_project import new_project  # noqa: PLC0415

    with TerminalProgress(tr("Reading images")) as progress:
        made = new_project(project, folder, progress, coco=coco, options=import_options(unlabelled, boxes))
    return import_report(made.imported) | {
        "images": made.images,
        "annotations": made.annotations,
        "categories": made.categories,
        "unreadable": [{"path": path, "reason": reason} for path, reason in made.unreadable],
        "remarks": [{"path": path, "remark": remark} for path, remark in made.remarks],
        "passed_over": dict(made.passed_over),
        "issues": [asdict(issue) for issue in made.issues],
    }


@command("Projects", "refresh sample.hitl", "refresh sample.hitl --json")
@click.argument("project", type=PROJECT)
@prints_report
def refresh(project: Path) -> Report:
    """Add the images that came into the folders later.

    They are read, and files that were written since are compared with what they were.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import check_folders  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as run  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress(tr("Reading images")) as progress:
        check_folders(opened)
        listed, scanned = run(opened, progress)
        count = len(opened.images.ids())
    return {
        "images": count,
        "added": list(listed.added),
        "changed": [{"path": path, "reason": what} for path, what in scanned.changed.items()],
        "unreadable": [{"path": path, "reason": reason} for path, reason in scanned.unreadable],
        "remarks": [{"path": path, "remark": remark} for path, remark in scanned.remarks],
        "passed_over": dict(listed.passed_over),
    }


@command("Projects", "find-missing sample.hitl pictures", "find-missing sample.hitl pictures --dry-run")
@click.argument("project", type=PROJECT)
@click.argument("folder", type=FOLDER)
@click.option("--dry-run", is_flag=True, help="Tell what would be found, and change nothing.")
@prints_report
def find_missing(project: Path, folder: Path, dry_run: bool) -> Report:
    """Find images again whose files were moved or renamed.

    Looks below a folder: by the end of their path, by name and size, then by their bytes.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.images.find_missing import find_missing as run  # noqa: PLC0415

    with Project.open(project) as opened, TerminalProgress(tr("Finding images")) as progress:
        found = run(opened, folder, progress, dry_run=dry_run)
    return {
        "missing": found.missing,
        "by_path": found.by_path,
        "by_name": found.by_name,
        "by_content": found.by_content,
        "left": found.left,
    }


@command("Projects", "images sample.hitl", "images sample.hitl --json")
@click.argument("project", type=PROJECT)
@prints_report
def images(project: Path) -> Report:
    """List the images: path, size, state, remarks.

    Images that cannot be read are listed with the reason; remarks are about files with peculiarities.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.texts import remark_text  # noqa: PLC0415

    with Project.open(project) as opened:
        rows = opened.images.all()
    return {
        "images": [
            {
                "path": i.path,
                "width": i.width,
                "height": i.height,
                "state": i.status,
                "reason": i.reason,
                "remark": remark_text(i),
            }
            for i in rows
        ]
    }


@command(
    "Projects", "bundle sample.hitl --out sample.zip", "bundle sample.hitl --out labels.zip --without-images"
)
@click.argument("project", type=PROJECT)
@click.option("--out", type=ARCHIVE, required=True, help="The archive to write.")
@click.option(
    "--with-images/--without-images", default=True, show_default=True, help="Whether images go with it."
)
@prints_report
def bundle(project: Path, out: Path, with_images: bool) -> Report:
    """Pack a project for a colleague.

    Unpacked anywhere, the project finds the images that were packed with it.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.projects.bundle import write_bundle  # noqa: PLC0415

    with Project.open(project) as opened, TerminalProgress(tr("Packing")) as progress:
        made = write_bundle(opened, out, progress, with_images=with_images)
    return {"path": str(made.path), "images": made.images, "remarks": list(made.remarks)}
