"""The headless face: the same workflows as the window, without Qt."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from hitl_desktop import __version__

if TYPE_CHECKING:
    from hitl_desktop.domain.dataset import ImportOptions
    from hitl_desktop.workflows.benchmark.simulate import Simulation
    from hitl_desktop.workflows.exchange.import_dataset import ImportSummary
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import JobCancelled
from hitl_desktop.terminal import TerminalProgress

P = ParamSpec("P")
_MOST_ISSUES = 20
_ONLY_JSON = {"issues": {"kind", "count"}, "queue": {"reason_code"}, "suspicions": {"kind_code"}}
"""The parts of rows that only `--json` prints; the text for people has them already."""
Report = dict[str, Any]

PATH = click.Path(path_type=Path)
as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON object and nothing else.")


_UNLABELLED = click.option(
    "--unlabelled",
    type=click.Choice(["undecided", "empty"]),
    default="undecided",
    show_default=True,
    help="What pictures are that the file lists without a box.",
)
_BOXES = click.option(
    "--boxes",
    type=click.Choice(["pixels", "corners", "fractions", "fraction-corners"]),
    default=None,
    help="What the numbers of a box are: x y width height, two corners, or either as fractions of the picture.",
)


class _OpenByDefault(click.Group):
    """Whatever is no command is a project or a folder to open."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {"--help", "--version", *self.commands}
        if not args or args[0] not in known:
            args = ["open", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OpenByDefault, context_settings={"help_option_names": ["--help"]})
@click.version_option(__version__, prog_name="hitl-desktop")
def cli() -> None:
    """Human-in-the-loop image annotation: `hitl-desktop [PROJECT | FOLDER]` opens the window."""


def main(args: list[str] | None = None) -> None:
    """Run the command line; exits 0, 1 for what a user can act on, 2 for a usage error."""
    try:
        code = cli.main(args, prog_name="hitl-desktop", standalone_mode=False)
    except HitlError as error:
        click.echo(f"{error.message}\n{error.hint}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt, JobCancelled):
        click.echo("Stopped. What was done is kept; run it again to go on.", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


class _ReportedError(HitlError):
    """A command that failed and still has something to report."""

    def __init__(self, report: Report, error: HitlError) -> None:
        super().__init__(error.message, hint=error.hint)
        self.report = report


def _reports(function: Callable[P, Report]) -> Callable[..., int | None]:
    """Print what a command returns: as JSON, or as lines."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> int | None:
        json_ = bool(kwargs.pop("json_"))
        try:
            report = function(*args, **kwargs)
        except _ReportedError as error:
            _print(error.report, json_=json_)
            raise
        _print(report, json_=json_)
        return 1 if report.get("nothing_came_in") else None

    return as_json(run)


def _print(report: Report, *, json_: bool) -> None:
    if json_:
        click.echo(json.dumps(report, ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(_lines(report)))


def _lines(report: Report) -> Iterable[str]:
    for key, value in report.items():
        if key == "nothing_came_in":
            continue
        if key == "summary":
            yield str(value)
        elif isinstance(value, list):
            yield f"{key}: {len(value)}"
            shown = value[:_MOST_ISSUES] if key == "issues" else value
            left_out = _ONLY_JSON.get(key, ())
            for row in shown:
                parts = [v for k, v in row.items() if k not in left_out] if isinstance(row, dict) else [row]
                yield "  " + "  ".join(_short(v) for v in parts if v is not None)
            if len(shown) < len(value):
                yield f"  ... and {len(value) - len(shown)} more (--json lists all)"
        elif isinstance(value, dict) and value:
            yield f"{key}:"
            for name, row in value.items():
                yield f"  {name}: {_short(row)}"
        else:
            yield f"{key}: {'none' if value in (None, '', {}) else _short(value)}"


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_short(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_short(v) for v in value)
    return str(value)


@cli.command("open", hidden=True)
@click.argument("path", type=PATH, required=False)
@click.option("--screenshot", type=PATH, hidden=True, help="Save a picture of the window and leave.")
@click.option(
    "--after", type=float, default=60.0, hidden=True, help="Save it after so many seconds at the latest."
)
def open_(path: Path | None, screenshot: Path | None, after: float) -> None:
    """Open the window."""
    if path is not None and not path.exists():
        raise HitlError(
            f"There is no project or folder {path}.", hint="Check the name, or see hitl-desktop --help."
        )
    from hitl_desktop.app import run  # noqa: PLC0415 - the only command that needs Qt

    sys.exit(run(path, screenshot=screenshot, after=after))


@cli.command()
def sample() -> None:
    """Open the window on the sample project, made when it is not there yet."""
    from hitl_desktop.app import run  # noqa: PLC0415
    from hitl_desktop.workflows.projects.sample import default_sample_folder, make_sample  # noqa: PLC0415

    with TerminalProgress("Making the sample") as progress:
        file = make_sample(default_sample_folder(), progress)
    sys.exit(run(file))


@cli.command()
@click.argument("project", type=PATH)
@click.option("--images", "folder", type=PATH, required=True, help="The folder of pictures.")
@click.option("--coco", type=PATH, help="A COCO file that becomes ground truth of decided pictures.")
@_UNLABELLED
@_BOXES
@_reports
def new(project: Path, folder: Path, coco: Path | None, unlabelled: str, boxes: str | None) -> Report:
    """Create a project from a folder of pictures."""
    from hitl_desktop.workflows.projects.new_project import new_project  # noqa: PLC0415

    with TerminalProgress("Reading pictures") as progress:
        made = new_project(project, folder, progress, coco=coco, options=_import_options(unlabelled, boxes))
    return _import_report(made.imported) | {
        "images": made.images,
        "annotations": made.annotations,
        "categories": made.categories,
        "unreadable": [{"path": path, "reason": reason} for path, reason in made.unreadable],
        "remarks": [{"path": path, "remark": remark} for path, remark in made.remarks],
        "passed_over": dict(made.passed_over),
        "issues": [asdict(issue) for issue in made.issues],
    }


def _import_options(unlabelled: str, boxes: str | None) -> ImportOptions:
    from hitl_desktop.domain.dataset import BoxForm, ImportOptions, Unlabelled  # noqa: PLC0415

    return ImportOptions(Unlabelled(unlabelled), BoxForm(boxes) if boxes else None)


def _import_report(imported: ImportSummary | None) -> Report:
    """What to say first of a file that was to come in."""
    if imported is None:
        return {}
    return {
        "summary": imported.words,
        "nothing_came_in": imported.is_nothing,
        "listed": {"images": imported.listed_images, "annotations": imported.listed_annotations},
        "came_in": {"images": imported.images, "annotations": imported.annotations},
        "faults": imported.faults(),
    }


@cli.command()
@click.argument("project", type=PATH)
@_reports
def refresh(project: Path) -> Report:
    """Add the pictures that came into the folders later, read them, and compare files that were written
    since."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import check_folders  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as run  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress("Reading pictures") as progress:
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


@cli.command()
@click.argument("project", type=PATH)
@click.option(
    "--model",
    default=None,
    metavar="NAME|FILE.onnx",
    help="A bundled detector or an ONNX file, which the project uses from then on. Default: the project's detector.",
)
@_reports
def prelabel(project: Path, model: str | None) -> Report:
    """Let the detector propose boxes; goes on where it stopped."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.detection.prelabel import prelabel as run  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as list_what_is_new  # noqa: PLC0415
    from hitl_desktop.workflows.prediction.scoring import load_scorer  # noqa: PLC0415
    from hitl_desktop.workflows.queue.rank import refresh_queue  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress("Pre-labelling") as progress:
        _, scanned = list_what_is_new(opened, progress)  # and pictures that came back can be read again
        result = run(opened, progress, model=model, threads=_cores())
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


@cli.command()
@click.argument("project", type=PATH)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many, the most suspicious first.",
)
@_reports
def errors(project: Path, limit: int) -> Report:
    """Where labels of decided pictures are probably wrong, said by heads that were not taught the picture."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.texts import LABEL_ISSUE_TEXT  # noqa: PLC0415
    from hitl_desktop.workflows.annotation.label_issues import open_issues  # noqa: PLC0415
    from hitl_desktop.workflows.quality.label_errors import find_label_errors  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress("Looking for errors") as progress:
        found = find_label_errors(opened, progress, threads=_cores())
        names = {c.id: c.name for c in opened.categories.all()}
        paths = {image.id: image.path for image in opened.images.all()}
        listed = open_issues(opened)[:limit]
    return {
        "ranked": found,
        "suspicions": [
            {
                "kind": LABEL_ISSUE_TEXT[s.kind],
                "kind_code": s.kind,
                "score": round(s.score, 3),
                "picture": paths[s.image_id],
                "box": [round(v, 1) for v in s.bbox] if s.bbox is not None else None,
                "category": names.get(s.category_id) if s.category_id is not None else None,
                "suggested_box": [round(v, 1) for v in s.suggested_bbox],
                "suggested_category": names[s.suggested_category_id],
            }
            for s in listed
        ],
    }


@cli.command()
@click.argument("project", type=PATH)
@click.option(
    "--claim", type=float, default=None, help="Begin one: no more than this share of the pictures is wrong."
)
@click.option("--seed", type=int, default=None, help="Draw the same pictures again.")
@click.option(
    "--out", type=PATH, default=None, help="Write the report of the latest one, as HTML, or as JSON (.json)."
)
@_reports
def audit(project: Path, claim: float | None, seed: int | None, out: Path | None) -> Report:
    """What a random sample of decided pictures proves; they are judged in the window (Model > Audit)."""
    from hitl_desktop.formats.atomic import write_atomically  # noqa: PLC0415
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.quality import audit as audits  # noqa: PLC0415

    with Project.open(project, background=True) as opened:
        if claim is not None:
            audits.begin(opened, claim, seed=seed)
        latest = next(reversed(opened.audits.all()), None)
        if latest is None and out is not None:
            raise HitlError(
                "No audit has been started, so there is no report to write.", hint="Give a --claim."
            )
        if latest is None:
            offered = {f"{plan.claim:.0%}": plan.wanted for plan in audits.plans(opened)}
            return {
                "audit": None,
                "decided_pictures": audits.plans(opened)[0].population,
                "pictures_needed": offered,
            }
        told = audits.report(opened, latest)
    if out is not None:
        text = json.dumps(told, indent=1) if out.suffix == ".json" else audits.to_html(told)
        write_atomically(out, text.encode())
    return told | {"words": audits.in_words(told)}


@cli.command()
@click.argument("project", type=PATH)
@click.option(
    "--reopen", is_flag=True, help="Open decided pictures again that may hold a category added later."
)
@_reports
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
        result = train_heads(opened, progress, threads=_cores())
        find_ahead(opened, progress, threads=_cores())
        overlooked = late.find_late_categories(opened, progress, threads=_cores())
        put_back = late.reopen(opened, overlooked).annotations_of if reopen and overlooked.images else ()
        refresh_queue(opened, load_scorer(opened), progress)
        active = opened.heads.active()
    return {
        "head": result.head_id,
        "pictures": result.pictures,
        "boxes": result.boxes,
        "seconds": round(result.seconds, 3),
        "waits": result.waits,
        "put_back": len(put_back),
        "may_hold_late_categories": len(overlooked.images),
        "first_sight": None
        if active is None
        else {
            "right": active.summary.first_sight_right,
            "shown": active.summary.first_sight_total,
            "objects": active.summary.first_sight_objects,
        },
    }


@cli.command()
@click.argument("project", type=PATH)
@_reports
def images(project: Path) -> Report:
    """List the pictures: path, size, state, why one cannot be read, and what is to be told about its file."""
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


@cli.command()
@click.argument("project", type=PATH)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many.")
@_reports
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


@cli.command("import")
@click.argument("project", type=PATH)
@click.argument("path", type=PATH)
@click.option("--format", "format_name", default="coco", show_default=True)
@_UNLABELLED
@_BOXES
@_reports
def import_(project: Path, path: Path, format_name: str, unlabelled: str, boxes: str | None) -> Report:
    """Take a data set file as ground truth."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset  # noqa: PLC0415
    from hitl_desktop.workflows.images.open_folder import refresh as list_what_is_new  # noqa: PLC0415

    result = read_dataset(path, format_name=format_name)
    with Project.open(project) as opened, TerminalProgress("Reading pictures") as progress:
        list_what_is_new(opened, progress)
        summary = import_dataset(opened, result, _import_options(unlabelled, boxes), file=path)
        unreadable = [{"path": i.path, "reason": i.reason} for i in opened.images.all() if i.reason]
    return _import_report(summary) | {
        "images": summary.images,
        "annotations": summary.annotations,
        "categories": summary.categories,
        "unreadable": unreadable,
        "issues": [asdict(issue) for issue in summary.issues],
    }


@cli.command()
@click.argument("project", type=PATH)
@click.option("--format", "format_name", default="coco", show_default=True)
@click.option("--out", type=PATH, required=True, help="The file to write.")
@click.option("--all", "all_images", is_flag=True, help="Undecided and skipped pictures too.")
@click.option(
    "--force", is_flag=True, help="Replace a file that was imported, or that another program wrote."
)
@_reports
def export(project: Path, format_name: str, out: Path, all_images: bool, force: bool) -> Report:
    """Write the decided pictures and their annotations."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_dataset import export_dataset, in_words  # noqa: PLC0415

    with Project.open(project) as opened:
        summary = export_dataset(opened, out, format_name=format_name, all_images=all_images, force=force)
    return asdict(summary) | {"path": str(summary.path), "remarks": in_words(summary)}


@cli.command("export-head")
@click.argument("project", type=PATH)
@click.option("--out", type=PATH, required=True, help="The folder to write.")
@_reports
def export_head(project: Path, out: Path) -> Report:
    """Write the taught detector as one ONNX file with its card, and the head as arrays and JSON."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_model import export_head as run  # noqa: PLC0415

    with Project.open(project) as opened:
        result = run(opened, out)
    return asdict(result) | {"folder": str(result.folder)}


@cli.command()
@click.argument("project", type=PATH)
@click.option("--ground-truth", "truth", type=PATH, required=True, help="A COCO file.")
@_reports
def evaluate(project: Path, truth: Path) -> Report:
    """Compare the current proposals with ground truth, and list what of it was left out."""
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.evaluate import evaluate as run  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.ground_truth import NothingLeftError, measurable  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.import_dataset import read_dataset  # noqa: PLC0415

    read = read_dataset(truth)
    with Project.open(project, background=True) as opened, TerminalProgress("Evaluating") as progress:
        try:
            usable = measurable(opened, read)
        except NothingLeftError as error:
            raise _ReportedError(
                {"images": 0, "map": None, "ap50": None} | error.truth.report(), error
            ) from error
        result = run(opened, usable.dataset, progress, threads=_cores())
    return {
        "images": result.images,
        "annotations": len(usable.dataset.annotations),
        "map": result.map,
        "ap50": result.ap50,
        "per_category": {name: {"map": ap, "ap50": ap50} for name, (ap, ap50) in result.per_category.items()},
        "shown": result.shown,
        "shown_right": result.shown_right,
        "ece": {"value": result.ece, "interval": list(result.ece_interval)},
    } | usable.report()


@cli.command()
@click.argument("project", type=PATH)
@click.option("--out", type=PATH, default=None, help="Also write it as one page that needs no other file.")
@_reports
def report(project: Path, out: Path | None) -> Report:
    """Say what was measured of the loop: learning, mistakes, effort, audits, with their intervals."""
    from hitl_desktop.formats.atomic import write_atomically  # noqa: PLC0415
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.quality.report import report as run  # noqa: PLC0415
    from hitl_desktop.workflows.quality.report_page import to_html  # noqa: PLC0415

    with Project.open(project, background=True) as opened, TerminalProgress("Measuring") as progress:
        told = run(opened, progress)
    if out is not None:
        write_atomically(out, to_html(told).encode())
    return told


@cli.command()
@click.argument("dataset_dir", type=PATH)
@click.option(
    "--strategy", default=None, help="A query strategy by itself; without it, what a new project does."
)
@click.option("--pictures", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--test-share", type=click.FloatRange(0.01, 0.9), default=0.3, show_default=True)
@click.option(
    "--against",
    multiple=True,
    metavar="STRATEGY",
    help="Run this one, too, and compare seed by seed; or all of them.",
)
@click.option("--out", type=PATH, help="Also write the report to a file.")
@_reports
def simulate(
    dataset_dir: Path,
    strategy: str | None,
    pictures: int,
    seeds: int,
    test_share: float,
    against: tuple[str, ...],
    out: Path | None,
) -> Report:
    """Replay a labelled data set with an oracle and report what was learned."""
    from hitl_desktop.formats.atomic import write_atomically  # noqa: PLC0415
    from hitl_desktop.learning.metrics import paired_difference  # noqa: PLC0415
    from hitl_desktop.learning.strategies import STRATEGIES  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.ground_truth import NothingLeftError  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.simulate import DEFAULT  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.simulate import simulate as run  # noqa: PLC0415

    first = strategy or DEFAULT
    others = [name for name in (DEFAULT, *STRATEGIES) if name != first] if "all" in against else against
    names = (first, *others)
    with TerminalProgress("Simulating") as progress:
        try:
            result, *others = run(
                dataset_dir, progress, strategies=names, pictures=pictures, seeds=seeds, test_share=test_share,
                threads=_cores(),
            )  # fmt: skip
        except NothingLeftError as error:
            raise _ReportedError(
                {"dataset": dataset_dir.name, "steps": []} | error.truth.report(), error
            ) from error
    report = _simulated(result) | result.truth.report()
    if others:
        report["against"] = {}
        for other in others:
            difference, (low, high) = paired_difference(result.areas, other.areas)
            interval = [low, high] if seeds > 1 else None
            report["against"][other.strategy] = _simulated(other) | {
                "paired_difference_in_area": {"mean": difference, "interval": interval, "seeds": seeds}
            }
    if out is not None:
        write_atomically(out, json.dumps(report, indent=1).encode())
    return report


def _simulated(result: Simulation) -> Report:
    return {
        "dataset": result.dataset,
        "strategy": result.strategy,
        "seeds": result.seeds,
        "area": {"mean": sum(result.areas) / len(result.areas), "values": result.areas},
        "steps": [
            {"pictures": s.pictures}
            | {
                key: {"mean": sum(values) / len(values), "values": list(values)}
                for key, values in (("ap50", s.ap50), ("map", s.map), ("ece", s.ece))
            }
            | {
                "learn_seconds": sum(s.learn_seconds) / len(s.learn_seconds),
                "effort_saved": sum(s.effort_saved) / len(s.effort_saved),
                "effort_saved_ahead": sum(s.effort_ahead) / len(s.effort_ahead),
            }
            for s in result.steps
        ],
    }


@cli.command()
@click.option(
    "--out", type=PATH, default=None, help="Where to put the project, the COCO file and the screenshot."
)
@_reports
def demo(out: Path | None) -> Report:
    """Run the whole loop on the sample pictures, without a window."""
    from hitl_desktop.workflows.benchmark.demo import run_demo  # noqa: PLC0415

    with TerminalProgress("Demo") as progress:
        result = run_demo(out, progress, threads=_cores())
    screenshot = out_dir_screenshot(result.project)
    return asdict(result) | {
        "project": str(result.project),
        "coco": str(result.coco),
        "screenshot": screenshot,
    }


def out_dir_screenshot(project: Path) -> str | None:
    """Let another process draw the window on this project offscreen; None, with a line on stderr, if it
    cannot."""
    import os  # noqa: PLC0415
    import subprocess  # noqa: PLC0415

    target = project.with_name("window.png")
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "hitl_desktop", "open", str(project), "--screenshot", str(target)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0 or not target.exists():
        click.echo(
            f"The window could not be drawn: {done.stderr.strip()[-300:]}\nRun hitl-desktop doctor.", err=True
        )
        return None
    return str(target)


@cli.command()
@_reports
def doctor() -> Report:
    """Say what this machine has and what is missing."""
    from hitl_desktop.workflows.projects.doctor import examine  # noqa: PLC0415

    return examine()


def _cores() -> int:
    import os  # noqa: PLC0415

    return os.cpu_count() or 1
