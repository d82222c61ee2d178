"""Commands that run the models: pre-labelling, training, and the review queue they order."""

from __future__ import annotations

from pathlib import Path

import click

from hitl_desktop.cli.reporting import PATH, Report, prints_report, processors
from hitl_desktop.terminal import TerminalProgress


@click.command()
@click.argument("project", type=PATH)
@click.option(
    "--model",
    default=None,
    metavar="NAME|FILE.onnx",
    help="A bundled detector or an ONNX file, which the project uses from then on. Default: the project's detector.",
)
@prints_report
def prelabel(project: Path, model: str | None) -> Report:
    """Let the detector propose boxes; goes on where it stopped."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.detection.prelabel import prelabel as run  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as list_what_is_new  # noqa: PLC0415
    from hitl_desktop.workflows.prediction.scoring import load_scorer  # noqa: PLC0415
    from hitl_desktop.workflows.queue.rank import refresh_queue  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress("Pre-labelling") as progress:
        _, scanned = list_what_is_new(opened, progress)  # and images that came back can be read again
        result = run(opened, progress, model=model, threads=processors())
        refresh_queue(opened, load_scorer(opened), progress)
    return {
        "model": result.model,
        "done": result.done,
        "skipped": result.skipped,
        "failed": result.failed,
        "not_done": [{"path": path, "reason": str(error)} for path, error in result.not_done.items()],
        "boxes": result.boxes,
        "images_per_s": round(result.images_per_s, 2),
        "remarks": result.remarks,
        "changed": [
            {"path": path, "reason": reason} for path, reason in (scanned.changed | result.changed).items()
        ],
    }


@click.command()
@click.argument("project", type=PATH)
@click.option(
    "--reopen", is_flag=True, help="Open decided images again that may hold a category added later."
)
@prints_report
def train(project: Path, reopen: bool) -> Report:
    """Learn from what was decided, and put the queue in order."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import scan  # noqa: PLC0415
    from hitl_desktop.workflows.prediction.scoring import load_scorer  # noqa: PLC0415
    from hitl_desktop.workflows.queue.rank import refresh_queue  # noqa: PLC0415
    from hitl_desktop.workflows.training import late_categories as late  # noqa: PLC0415
    from hitl_desktop.workflows.training.detection_head import find_ahead  # noqa: PLC0415
    from hitl_desktop.workflows.training.train import train_heads  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress("Learning") as progress:
        scan(opened, progress)
        result = train_heads(opened, progress, threads=processors())
        find_ahead(opened, progress, threads=processors())
        found = late.find_late_categories(opened, progress, threads=processors())
        reopened = late.reopen(opened, found).annotations_of if reopen and found.images else ()
        refresh_queue(opened, load_scorer(opened), progress)
        active = opened.heads.active()
    return {
        "head": result.head_id,
        "pictures": result.pictures,
        "boxes": result.boxes,
        "seconds": round(result.seconds, 3),
        "waits": result.waits,
        "put_back": len(reopened),
        "may_hold_late_categories": len(found.images),
        "first_sight": None
        if active is None
        else {
            "right": active.summary.first_sight_right,
            "shown": active.summary.first_sight_total,
            "objects": active.summary.first_sight_objects,
        },
    }


@click.command()
@click.argument("project", type=PATH)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many.")
@prints_report
def queue(project: Path, limit: int | None) -> Report:
    """Show the review queue: order, score, reason."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.texts import REASON_TEXT  # noqa: PLC0415

    with Project.open(project) as opened:
        rows = opened.queue.order(limit=limit)
        paths = {image.id: image.path for image in opened.images.all()}
    return {
        "queue": [
            {
                "path": paths[r.image_id],
                "score": r.score,
                "reason": REASON_TEXT[r.reason],
                "reason_code": r.reason,
            }
            for r in rows
        ]
    }
