"""Commands for a project and its image files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from hitl_desktop.cli.dataset_import import BOXES, UNLABELLED, import_options, import_report
from hitl_desktop.cli.reporting import PATH, Report, prints_report
from hitl_desktop.terminal import TerminalProgress


@click.command()
@click.argument("project", type=PATH)
@click.option("--images", "folder", type=PATH, required=True, help="The folder of images.")
@click.option("--coco", type=PATH, help="A COCO file that becomes ground truth of decided images.")
@UNLABELLED
@BOXES
@prints_report
def new(project: Path, folder: Path, coco: Path | None, unlabelled: str, boxes: str | None) -> Report:
    """Create a project from a folder of images."""
    from hitl_desktop.workflows.projects.new_project import new_project  # noqa: PLC0415

    with TerminalProgress("Reading images") as progress:
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


@click.command()
@click.argument("project", type=PATH)
@prints_report
def refresh(project: Path) -> Report:
    """Add the images that came into the folders later, read them, and compare files that were written
    since."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import check_folders  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as run  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress("Reading images") as progress:
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


@click.command()
@click.argument("project", type=PATH)
@prints_report
def images(project: Path) -> Report:
    """List the images: path, size, state, why one cannot be read, and what is to be told about its file."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415

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
                "remark": i.remark,
            }
            for i in rows
        ]
    }


@click.command()
@prints_report
def doctor() -> Report:
    """Say what this machine has and what is missing."""
    from hitl_desktop.workflows.projects.doctor import examine  # noqa: PLC0415

    return examine()
