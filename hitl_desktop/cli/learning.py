"""Commands that run the models: pre-labelling, training, and the review queue they order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.names import DETECTOR
from hitl_desktop.cli.paths import PROJECT
from hitl_desktop.cli.reporting import Report, prints_report, processors
from hitl_desktop.errors import HitlError
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.workflows.cluster.client import Cluster


def on_cluster(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command have the machines of a lab compute."""
    function = click.option(
        "--images-at",
        default="",
        metavar="URL",
        help="Where workers find the images of the folder, if not at the same paths (any fsspec URL).",
    )(function)
    return click.option(
        "--cluster", default="", metavar="ADDRESS", help="Compute on this Dask cluster: tcp://HOST:8786."
    )(function)


def _cluster(address: str, images_at: str) -> Cluster | None:
    from hitl_desktop.workflows.cluster.client import Cluster  # noqa: PLC0415

    if images_at and not address:
        raise HitlError(
            tr("--images-at is about the workers of a cluster."), hint=tr("Give --cluster ADDRESS, too.")
        )
    return Cluster(address, images_at) if address else None


@command(
    "Learning",
    "prelabel sample.hitl",
    "prelabel sample.hitl --model my-detector.onnx",
    "prelabel sample.hitl --model detector/detector.onnx",
)
@click.argument("project", type=PROJECT)
@click.option(
    "--model",
    type=DETECTOR,
    default=None,
    metavar="NAME|FILE.onnx",
    help="A bundled detector or an ONNX file, which the project uses from then on. Default: the project's detector.",
)
@click.option(
    "--tiles",
    type=click.IntRange(1, 6),
    default=None,
    help="Also run on N x N overlapping tiles, for small objects.",
)
@click.option("--mirrored/--not-mirrored", default=None, help="Also run on mirrored images.")
@click.option(
    "--nms",
    type=click.FloatRange(0.05, 0.95),
    default=None,
    help="The overlap (IoU) from which two boxes of a class are one.",
)
@on_cluster
@prints_report
def prelabel(
    project: Path,
    model: str | None,
    tiles: int | None,
    mirrored: bool | None,
    nms: float | None,
    cluster: str,
    images_at: str,
) -> Report:
    """Let the detector propose boxes.

    Goes on where it stopped; images that came into the folders meanwhile are added first. The project keeps
    how its detector looks at images; another way does all images anew.
    """
    import msgspec  # noqa: PLC0415

    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.detection.prelabel import prelabel as run  # noqa: PLC0415
    from hitl_desktop.workflows.detection.threads import best_threads  # noqa: PLC0415
    from hitl_desktop.workflows.detection.view_settings import (  # noqa: PLC0415
        set_view_settings,
        view_settings,
    )
    from hitl_desktop.workflows.images.open_folder import refresh as list_what_is_new  # noqa: PLC0415
    from hitl_desktop.workflows.prediction.scoring import load_scorer  # noqa: PLC0415
    from hitl_desktop.workflows.queue.rank import refresh_queue  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress(tr("Pre-labelling")) as progress:
        chosen = {"tiles": tiles, "mirrored": mirrored, "nms_iou": nms}
        given = {name: value for name, value in chosen.items() if value is not None}
        set_view_settings(opened, msgspec.structs.replace(view_settings(opened), **given))
        _, scanned = list_what_is_new(opened, progress)  # and images that came back can be read again
        result = run(
            opened, progress, model=model, threads=best_threads(), cluster=_cluster(cluster, images_at)
        )
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


@command("Learning", "train sample.hitl", "train sample.hitl --reopen")
@click.argument("project", type=PROJECT)
@click.option(
    "--reopen", is_flag=True, help="Open decided images again that may hold a category added later."
)
@on_cluster
@prints_report
def train(project: Path, reopen: bool, cluster: str, images_at: str) -> Report:
    """Train on the decided images, and order the queue.

    A new version of the heads is used at once, and images that wait are looked at again with it.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import scan  # noqa: PLC0415
    from hitl_desktop.workflows.prediction.scoring import load_scorer  # noqa: PLC0415
    from hitl_desktop.workflows.queue.rank import refresh_queue  # noqa: PLC0415
    from hitl_desktop.workflows.training import late_categories as late  # noqa: PLC0415
    from hitl_desktop.workflows.training.detection_head import find_ahead  # noqa: PLC0415
    from hitl_desktop.workflows.training.find_on_cluster import find_on_cluster  # noqa: PLC0415
    from hitl_desktop.workflows.training.train import train_heads  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress(tr("Learning")) as progress:
        scan(opened, progress)
        result = train_heads(opened, progress, threads=processors())
        if (machines := _cluster(cluster, images_at)) is not None:
            find_on_cluster(opened, progress, machines)
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


@command("Learning", "queue sample.hitl", "queue sample.hitl --limit 10")
@click.argument("project", type=PROJECT)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many.")
@prints_report
def queue(project: Path, limit: int | None) -> Report:
    """Show the review queue: order, score, reason.

    These are the images in the order in which the window asks about them.
    """
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


@command("Learning", "feature-maps sample.hitl", "feature-maps sample.hitl --use backbone")
@click.argument("project", type=PROJECT)
@click.option("--use", default="", metavar="NAME", help="Let the model learn on these from now on.")
@prints_report
def feature_maps(project: Path, use: str) -> Report:
    """Compare the feature maps that the model can learn on.

    Beside a detector of your own these are the bundled detector's, and those found in its graph. Each is tried on
    images that are done, by heads that were not trained on them.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.training.feature_choice import (  # noqa: PLC0415
        compare_feature_maps,
        use_feature_maps,
    )

    with Project.open(project, background=True) as opened, TerminalProgress(tr("Comparing")) as progress:
        if use:
            use_feature_maps(opened, use)
            remark = tr(
                "Until the next training nothing is found on them: hitl-desktop train {name}.",
                name=project.name,
            )
            return {"used": use, "remarks": [remark]}
        trials = compare_feature_maps(opened, progress, threads=processors())
    return {
        "feature_maps": [
            {
                "name": trial.name,
                "ap50": round(trial.ap50, 3),
                "images": trial.images,
                "boxes": trial.boxes,
                "ms_an_image": round(1000 * trial.seconds, 1),
                "used": trial.is_used,
            }
            for trial in trials
        ]
    }
