"""Commands that compare with ground truth, or run the whole loop without a person."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.names import DETECTOR, RIVAL, STRATEGY
from hitl_desktop.cli.paths import DATASET_FILE, FOLDER, PROJECT
from hitl_desktop.cli.reporting import Report, ReportedError, prints_report, processors
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.workflows.benchmark.simulate import Simulation


@command(
    "Benchmark",
    "evaluate sample.hitl --ground-truth truth.json",
    "evaluate sample.hitl --ground-truth truth.json --json",
)
@click.argument("project", type=PROJECT)
@click.option("--ground-truth", "truth", type=DATASET_FILE, required=True, help="A COCO file.")
@prints_report
def evaluate(project: Path, truth: Path) -> Report:
    """Compare the current proposals with ground truth.

    Average precision for all categories and for each, the calibration error of the scores, and how many objects
    are found at all and named correctly. What of the ground truth could not be used is listed with the reason.
    """
    from hitl_desktop.store.project import Project  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.evaluate import evaluate as run  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.ground_truth import NothingLeftError, measurable  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.import_dataset import read_dataset  # noqa: PLC0415

    read = read_dataset(truth)
    with Project.open(project, background=True) as opened, TerminalProgress(tr("Evaluating")) as progress:
        try:
            usable = measurable(opened, read)
        except NothingLeftError as error:
            raise ReportedError(
                {"images": 0, "map": None, "ap50": None} | error.truth.report(), error
            ) from error
        result = run(opened, usable.dataset, progress, threads=processors())
    return {
        "images": result.images,
        "annotations": len(usable.dataset.annotations),
        "map": result.map,
        "ap50": result.ap50,
        "ap75": result.ap75,
        "per_category": {name: {"map": ap, "ap50": ap50} for name, (ap, ap50) in result.per_category.items()},
        "shown": result.shown,
        "shown_right": result.shown_right,
        "unmoved": result.unmoved,
        "found": asdict(result.found_of_all_sizes)
        | {"by_size": {size.value: asdict(found) for size, found in result.found.items()}},
        "ece": {"value": result.ece, "interval": list(result.ece_interval)},
    } | usable.report()


@command(
    "Benchmark",
    "simulate dataset",
    "simulate dataset --strategy margin --against random --seeds 3",
    "simulate dataset --against all --out comparison.json",
)
@click.argument("dataset_dir", type=FOLDER)
@click.option(
    "--strategy",
    type=STRATEGY,
    default=None,
    help="A query strategy by itself; without it, what a new project does.",
)
@click.option(
    "--pictures",
    "images",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many images the oracle decides.",
)
@click.option(
    "--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="How often it is repeated."
)
@click.option(
    "--test-share",
    type=click.FloatRange(0.01, 0.9),
    default=0.3,
    show_default=True,
    help="The share of the images that is held back to measure on.",
)
@click.option(
    "--against",
    type=RIVAL,
    multiple=True,
    metavar="STRATEGY",
    help="Run this one, too, and compare seed by seed; or all of them.",
)
@click.option(
    "--model",
    type=DETECTOR,
    default=None,
    metavar="NAME|FILE.onnx",
    help="The detector to use instead of the bundled one.",
)
@click.option("--out", type=DATASET_FILE, help="Also write the report to a file.")
@prints_report
def simulate(
    dataset_dir: Path,
    strategy: str | None,
    images: int,
    seeds: int,
    test_share: float,
    against: tuple[str, ...],
    model: str | None,
    out: Path | None,
) -> Report:
    """Replay a labelled data set with an oracle.

    Reports what was learned after 1, 5, 10, 20 ... images. DATASET_DIR holds a folder `images` and a COCO file
    `instances.json`.
    """
    from hitl_desktop.formats.atomic import write_atomically  # noqa: PLC0415
    from hitl_desktop.learning.metrics import paired_difference  # noqa: PLC0415
    from hitl_desktop.learning.strategies import STRATEGIES  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.ground_truth import NothingLeftError  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.simulate import DEFAULT  # noqa: PLC0415
    from hitl_desktop.workflows.benchmark.simulate import simulate as run  # noqa: PLC0415

    first = strategy or DEFAULT
    others = [name for name in (DEFAULT, *STRATEGIES) if name != first] if "all" in against else against
    names = (first, *others)
    with TerminalProgress(tr("Simulating")) as progress:
        try:
            result, *others = run(
                dataset_dir, progress, strategies=names, images=images, seeds=seeds, test_share=test_share,
                threads=processors(), model=model,
            )  # fmt: skip
        except NothingLeftError as error:
            raise ReportedError(
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
        import json  # noqa: PLC0415 - not at every start

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
                for key, values in (
                    ("ap50", s.ap50),
                    ("ap75", s.ap75),
                    ("map", s.map),
                    ("ece", s.ece),
                    ("unmoved", s.unmoved),
                    ("found", s.found),
                    ("named", s.named),
                )
            }
            | {
                "learn_seconds": sum(s.learn_seconds) / len(s.learn_seconds),
                "effort_saved": sum(s.effort_saved) / len(s.effort_saved),
                "effort_saved_ahead": sum(s.effort_ahead) / len(s.effort_ahead),
            }
            for s in result.steps
        ],
    }


@command("Benchmark", "demo", "demo --out demo")
@click.option(
    "--out", type=FOLDER, default=None, help="Where to put the project, the COCO file and the screenshot."
)
@prints_report
def demo(out: Path | None) -> Report:
    """Run the whole loop on the sample images, without a window.

    Pre-labels, decides as an oracle, learns and exports, and says where the results are.
    """
    from hitl_desktop.workflows.benchmark.demo import run_demo  # noqa: PLC0415

    with TerminalProgress(tr("Demo")) as progress:
        result = run_demo(out, progress, threads=processors())
    screenshot = _draw_window(result.project)
    return asdict(result) | {
        "project": str(result.project),
        "coco": str(result.coco),
        "screenshot": screenshot,
    }


def _draw_window(project: Path) -> str | None:
    """Draw the window on this project offscreen in another process; None, with a line on stderr, where that
    fails."""
    import subprocess  # noqa: PLC0415 - only the demo needs it

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
