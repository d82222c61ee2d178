"""Commands about data sets without a project: convert, check, diff."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.names import FORMAT
from hitl_desktop.cli.paths import DATASET, FOLDER, REPORT_FILE
from hitl_desktop.cli.reporting import Report, prints_report
from hitl_desktop.errors import HitlError
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitl_desktop.domain.dataset import Dataset, ImportIssue

IMAGES = click.option(
    "--images",
    type=FOLDER,
    default=None,
    help="Where the image files are, if not beside the labels.",
)
FILES = click.option(
    "--image-files",
    type=click.Choice(["leave", "copy", "link"]),
    default="leave",
    show_default=True,
    help="What to do with the image files.",
)
SPLIT = click.option(
    "--split", "shares", default="", metavar="80/10/10", help="Divide into training, validation and test."
)
SEED = click.option("--seed", type=int, default=0, show_default=True, help="Of the division.")
COLUMNS = click.option(
    "--columns",
    default="",
    metavar="image=A,category=B,...",
    help="What the columns of a table are called.",
)


def parsed_columns(text: str) -> dict[str, str] | None:
    """The columns of a table as they were named.

    Raises:
        HitlError: it is no list of pairs.
    """
    if not text:
        return None
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(key.strip() and word.strip() for key, _, word in pairs):
        raise HitlError(
            tr("{text} does not name columns.", text=text),
            hint=tr('Write pairs: --columns "image=file,category=label".'),
        )
    return {key.strip(): word.strip() for key, _, word in pairs}


@command(
    "Data sets",
    "convert labels.json yolo-folder --to yolo",
    "convert voc-folder labels.json --to coco",
    "convert labels.csv yolo-folder --to yolo --images photos --image-files copy --split 80/20",
)
@click.argument("source", type=DATASET)
@click.argument("target", type=DATASET)
@click.option("--to", "to_format", type=FORMAT, required=True, help="The format to write.")
@click.option(
    "--from", "from_format", type=FORMAT, default="", help="The format of the source, if not recognised."
)
@IMAGES
@FILES
@SPLIT
@SEED
@COLUMNS
@click.option("--force", is_flag=True, help="Replace what another program wrote.")
@prints_report
def convert(
    source: Path, target: Path, to_format: str, from_format: str, images: Path | None, image_files: str,
    shares: str, seed: int, columns: str, force: bool,
) -> Report:  # fmt: skip
    """Convert a data set to another format.

    The format of the source is recognised. What could not be taken and what the new format lacks is listed;
    the result is read back and compared.
    """
    from hitl_desktop.workflows.exchange.convert import convert as run  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.convert import open_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.splitting import parsed_shares  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.write_dataset import ImageFiles  # noqa: PLC0415

    opened = open_dataset(source, from_format, images=images, columns=parsed_columns(columns))
    with TerminalProgress(tr("Writing")) as progress:
        written, issues = run(
            opened, target, to_format, progress,
            how=ImageFiles(image_files), shares=parsed_shares(shares) if shares else None, seed=seed, force=force,
        )  # fmt: skip
    return {
        "from": opened.format,
        "to": to_format,
        "path": str(written.path),
        "images": written.images,
        "annotations": written.annotations,
        "categories": written.categories,
        "remarks": list(written.remarks),
        "issues": [asdict(issue) for issue in issues],
    }


@command(
    "Data sets",
    "check labels.json",
    "check yolo-folder --images photos",
    "check labels.json --html check.html",
)
@click.argument("path", type=DATASET)
@click.option("--format", "format_name", type=FORMAT, default="", help="Its format, if not recognised.")
@IMAGES
@COLUMNS
@click.option("--html", "page", type=REPORT_FILE, default=None, help="Write a page about it, too.")
@prints_report
def check(path: Path, format_name: str, images: Path | None, columns: str, page: Path | None) -> Report:
    """Check a data set: what is wrong with it, and what is in it.

    Lists records that cannot be used, missing images, boxes outside their images, categories of nearly the same
    name, and counts by category.
    """
    from hitl_desktop.formats.atomic import write_atomically  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.check_page import to_html  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.convert import open_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.dataset_check import statistics_of  # noqa: PLC0415

    if page is not None and (page.suffix.lower() not in {".html", ".htm"} or page.is_dir()):
        raise HitlError(
            tr("{page} is no name of a page.", page=page), hint=tr("Choose a name that ends in .html.")
        )
    opened = open_dataset(path, format_name, images=images, columns=parsed_columns(columns))
    statistics = statistics_of(opened)
    issues = (*opened.result.issues, *statistics.more_issues)
    if page is not None:
        write_atomically(page, to_html(path, opened, statistics, issues).encode())
    return {
        "format": opened.format,
        "because": opened.reason,
        **asdict(statistics),
        "faults": _counted(opened.result.issues),
        "issues": [asdict(issue) for issue in issues],
    }


def _counted(issues: Sequence[ImportIssue]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for issue in issues:
        counts[issue.kind.value] += issue.count
    return dict(counts.most_common())


@command("Data sets", "stats labels.json", "stats sample.hitl")
@click.argument("path", type=DATASET)
@prints_report
def stats(path: Path) -> Report:
    """Count what is in a data set or a project.

    Images, boxes by category and size, and parts.
    """
    from hitl_desktop.domain.dataset import ImportResult  # noqa: PLC0415
    from hitl_desktop.store.project import SUFFIX  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.convert import Opened, open_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.dataset_check import statistics_of  # noqa: PLC0415

    if path.suffix == SUFFIX:
        opened = Opened(ImportResult(_labels_of(path), ()), "project", "", {})
    else:
        opened = open_dataset(path)
    counted = asdict(statistics_of(opened))
    left_out = ("more_issues", "near_duplicate_names", "images_without_files")
    return {"format": opened.format} | {key: value for key, value in counted.items() if key not in left_out}


@command(
    "Data sets", "split labels.json parts.json --split 80/10/10", "split yolo-folder divided --split 80/20"
)
@click.argument("source", type=DATASET)
@click.argument("target", type=DATASET)
@click.option(
    "--split", "shares", required=True, metavar="80/10/10", help="Shares of training, validation and test."
)
@SEED
@IMAGES
@FILES
@click.option("--force", is_flag=True, help="Replace what another program wrote.")
@prints_report
def split(
    source: Path, target: Path, shares: str, seed: int, images: Path | None, image_files: str, force: bool
) -> Report:
    """Divide a data set into training, validation and test, in its own format.

    Each category is divided in proportion; the same seed divides the same data in the same way.
    """
    from hitl_desktop.workflows.exchange.convert import convert as run  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.convert import open_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.splitting import parsed_shares  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.write_dataset import ImageFiles  # noqa: PLC0415

    opened = open_dataset(source, images=images)
    with TerminalProgress(tr("Writing")) as progress:
        written, issues = run(
            opened, target, opened.format, progress,
            how=ImageFiles(image_files), shares=parsed_shares(shares), seed=seed, force=force,
        )  # fmt: skip
    after = open_dataset(target, opened.format, images=images, beside=opened)
    return {
        "path": str(written.path),
        "splits": dict(sorted(Counter(image.split for image in after.dataset.images).items())),
        "remarks": list(written.remarks),
        "issues": [asdict(issue) for issue in issues],
    }


@command("Data sets", "diff before.json after.json", "diff voc-folder labels.json")
@click.argument("before", type=DATASET)
@click.argument("after", type=DATASET)
@IMAGES
@prints_report
def diff(before: Path, after: Path, images: Path | None) -> Report:
    """Compare two data sets of any formats.

    Lists the boxes that were added, removed, moved and renamed, image by image.
    """
    from hitl_desktop.workflows.exchange.convert import open_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.dataset_diff import compare_datasets  # noqa: PLC0415

    old, new = open_dataset(before, images=images), open_dataset(after, images=images)
    if not all(image.width for image in old.dataset.images):
        old = open_dataset(before, images=images, beside=new)
    elif not all(image.width for image in new.dataset.images):
        new = open_dataset(after, images=images, beside=old)
    found = compare_datasets(old.dataset, new.dataset)
    kinds = ("added", "removed", "moved", "renamed", "moved and renamed")
    return {
        "same": found.same,
        **{kind.replace(" ", "_"): found.count(kind) for kind in kinds},
        "images_added": list(found.images_added),
        "images_removed": list(found.images_removed),
        "categories_added": list(found.categories_added),
        "categories_removed": list(found.categories_removed),
        "changes": [
            {
                "image": change.image,
                "kind": change.kind,
                "before": None if change.before is None else _box(*change.before),
                "after": None if change.after is None else _box(*change.after),
            }
            for change in found.changes
        ],
    }


@command(
    "Data sets",
    "merge anna.json ben.json --out both.json",
    "merge anna.hitl ben.hitl cleo.hitl",
)
@click.argument("sources", type=DATASET, nargs=-1, required=True)
@click.option("--out", type=DATASET, default=None, help="Write one data set of them, as COCO.")
@prints_report
def merge(sources: tuple[Path, ...], out: Path | None) -> Report:
    """Compare what several people labelled on the same images, and merge it.

    Boxes that overlap by half are one object. Images on which all agree are decided in the merged data set; the others
    are to do, with all boxes, so that they are asked about when it is imported.
    """
    from hitl_desktop.formats.coco import detection as coco  # noqa: PLC0415
    from hitl_desktop.workflows.exchange import agreement  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.convert import refuse_to_replace  # noqa: PLC0415

    datasets = [_labels_of(path) for path in sources]
    found = agreement.agreement_of(datasets)
    one, conflicts = agreement.merged(datasets)
    if out is not None:
        refuse_to_replace(out, coco.was_written_here, is_folder=False, force=False)
        coco.write(one, out)
    return {
        **asdict(found),
        "path": str(out) if out is not None else "",
        "by_category": [
            {"category": name, "objects": n, "agreed": round(share, 3)}
            for name, (n, share) in found.by_category.items()
        ],
        "conflicts": [
            {"image": image, "labels": [None if box is None else _box(*box) for box in each.boxes]}
            for image, each in conflicts
        ],
    }


def _labels_of(path: Path) -> Dataset:
    """The labels in a project or a data set."""
    from hitl_desktop.store.project import SUFFIX, Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.convert import open_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.project_snapshot import dataset_of  # noqa: PLC0415

    if path.suffix != SUFFIX:
        return open_dataset(path).dataset
    with Project.open(path) as opened:
        return dataset_of(opened)


def _box(category: str, bbox: Sequence[float]) -> dict[str, object]:
    return {"category": category, "bbox": [round(n, 3) for n in bbox]}
