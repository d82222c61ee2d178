"""The loop with an oracle: what would pre-labels have been worth after so many images?"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.images import Split
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.metrics import area_under_curve
from hitl_desktop.learning.strategies import strategy_named
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.benchmark.evaluate import evaluate
from hitl_desktop.workflows.benchmark.ground_truth import GroundTruth, measurable
from hitl_desktop.workflows.benchmark.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.detection.embeddings import embed_images, embed_whole_images
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.queue.policy import QueuePolicy
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training.detection_head import TrainingCache, find_ahead
from hitl_desktop.workflows.training.train import is_due, train_heads

_IMAGES_AHEAD = 5
DEFAULT = "default"
"""What a new project does: the default strategy, with one image in five drawn at random."""


@dataclass(frozen=True, slots=True)
class Step:
    """The state of the loop after so many images, a value for each seed.

    `effort_saved` is what proposals saved on the images decided so far, `effort_ahead` what they would save
    on those held back. Of the right suggestions there `unmoved` is the share that may stay where it is; `found` is
    the share of objects that stored candidates find (IoU .5), and `named` that of these with the right name.
    """

    pictures: int
    ap50: tuple[float, ...]
    map: tuple[float, ...]
    learn_seconds: tuple[float, ...]
    effort_saved: tuple[float, ...]
    ece: tuple[float, ...]
    effort_ahead: tuple[float, ...]
    ap75: tuple[float, ...]
    unmoved: tuple[float, ...]
    found: tuple[float, ...]
    named: tuple[float, ...]


class _Measured(NamedTuple):
    ap50: float
    map: float
    learn_seconds: float
    effort_saved: float
    ece: float
    effort_ahead: float
    ap75: float
    unmoved: float
    found: float
    named: float


@dataclass(frozen=True, slots=True)
class Simulation:
    """A replayed data set; `truth` is the part of it that could be used."""

    dataset: str
    strategy: str
    seeds: int
    steps: tuple[Step, ...]
    truth: GroundTruth

    @property
    def areas(self) -> list[float]:
        """The area under the curve of AP50 over images, for each seed."""
        images = [step.pictures for step in self.steps]
        return [
            area_under_curve(images, [step.ap50[seed] for step in self.steps]) for seed in range(self.seeds)
        ]


def steps_up_to(images: int) -> list[int]:
    """1, 5, 10, 20, 50, 100, 200, 500 ... and the last one."""
    series = [1, *(m * 10**e for e in range(7) for m in (5, 10, 20))]
    return sorted({n for n in series if n < images} | {images})


def simulate(
    dataset_dir: Path,
    progress: Progress,
    *,
    strategies: Sequence[str] = (DEFAULT,),
    images: int = 20,
    seeds: int = 1,
    test_share: float = 0.3,
    threads: int | None = None,
    model: str | None = None,
) -> list[Simulation]:
    """Replay a labelled data set through the workflows that a person uses; test on images that are held
    back.

    All strategies see the same seeds, which hold back the same images. The detector is the bundled one, or a
    `model` by name or file.

    Raises:
        HitlError: the folder is no data set, or too small, or there is no such strategy.
        NothingLeftError: no image with a box can be used.
    """
    mixes = [(name, _mix_named(name)) for name in strategies]
    file, folder = dataset_dir / "instances.json", dataset_dir / "images"
    read = read_dataset(file)
    with tempfile.TemporaryDirectory(prefix="hitl-simulate-") as place:
        base = Path(place) / "base.hitl"
        usable = _prepare(base, folder, read, progress, threads, model)
        simulations: list[Simulation] = []
        for name, how in mixes:
            runs: list[list[_Measured]] = []
            wanted: list[int] = []
            for seed in range(seeds):
                copy = base.with_name(f"seed-{seed}.hitl")
                shutil.copy(base, copy)
                with Project.open(copy, background=True) as project:
                    pool = _hold_back(project, usable, test_share, seed)
                    wanted = steps_up_to(min(images, pool))
                    runs.append(_run(project, usable.dataset, wanted, how, seed, progress, threads))
                copy.unlink()
            steps = tuple(Step(n, *zip(*(run[k] for run in runs), strict=True)) for k, n in enumerate(wanted))
            simulations.append(Simulation(dataset_dir.resolve().name, name, seeds, steps, usable))
    return simulations


def _mix_named(name: str) -> QueuePolicy:
    """A strategy by itself, or what a new project does."""
    if name == DEFAULT:
        return QueuePolicy()
    strategy_named(name)
    return QueuePolicy(name, {})


def _prepare(
    path: Path,
    folder: Path,
    read: ImportResult,
    progress: Progress,
    threads: int | None,
    model: str | None,
) -> GroundTruth:
    """The project all seeds start from: pre-labelled, with the vectors of all proposals; and what can be
    used."""
    with Project.create(path) as project:
        add_folder(project, folder, progress)
        scan(project, progress)
        for category in read.dataset.categories:
            project.categories.ensure(category.name, wanted_id=category.id)
        prelabel(project, progress, threads=threads, model=model)
        usable = measurable(project, read)
        readable = [i for i in project.images.all() if i.reason is None]
        embed_images(project, readable, progress, threads=threads)
        embed_whole_images(project, readable, progress, threads=threads)
        refresh_queue(project, load_scorer(project), progress)  # which images are nearly the same
        project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return usable


def _hold_back(project: Project, usable: GroundTruth, test_share: float, seed: int) -> int:
    """Mark the test part, and images without ground truth with it; returns how many are left to teach."""
    answers = answers_for(project, usable.dataset)
    known = sorted(answers)
    test = random.Random(seed).sample(known, max(1, round(len(known) * test_share))) if known else []  # noqa: S311
    groups, side = project.files.same_as(), dict[str, bool]()
    chosen = set(test)  # nearly the same images are all where the first of them is
    test = [i for i in known if (side.setdefault(groups[i], i in chosen) if i in groups else i in chosen)]
    pool = len(known) - len(test)
    if pool < 1:
        raise HitlError(
            tr("The data set is too small to hold images back for the test."),
            hint=tr("It needs two images or more."),
        )
    if not any(answers[i] for i in test):
        raise HitlError(
            tr(
                "Of the {images} held back for the test none has a box; nothing can be measured.",
                images=counted(len(test), "image"),
            ),
            hint=tr("Hold back a larger share (--test-share), or use another data set."),
        )
    with project.db.transaction():
        project.images.set_split(set(project.images.ids()) - set(known), Split.TEST)
        project.images.set_split(test, Split.TEST)
    return pool


def _run(
    project: Project,
    truth: Dataset,
    wanted: Sequence[int],
    how: QueuePolicy,
    seed: int,
    progress: Progress,
    threads: int | None,
) -> list[_Measured]:
    """What is measured at each wanted number of images."""
    answers = answers_for(project, truth)
    test = [i.id for i in project.images.all() if i.split is Split.TEST and i.id in answers]
    refresh_queue(project, load_scorer(project), progress, how=how, seed=seed)
    new, results = 0, list[_Measured]()
    seconds: list[float] = []
    cache = TrainingCache()
    for done in range(1, wanted[-1] + 1):
        progress.check_cancelled()
        image = next_undecided(project)
        decide_as_oracle(project, image, answers[image.id], load_scorer(project), threshold=DISPLAY_THRESHOLD)
        new += 1
        if is_due(new, done) or done in wanted:
            seconds.append(
                train_heads(project, progress, how=how, seed=seed, threads=threads, cache=cache).seconds
            )
            find_ahead(project, progress, threads=threads, most=_IMAGES_AHEAD)
            new = 0
        if done in wanted:
            score = evaluate(project, truth, progress, only=test, threads=threads)
            saved = project.decisions.acts().effort_saved()
            mean_seconds = sum(seconds) / len(seconds)
            ahead = score.acts.effort_saved()
            found = score.found_of_all_sizes
            results.append(
                _Measured(
                    score.ap50 or 0.0,
                    score.map or 0.0,
                    mean_seconds,
                    saved or 0.0,
                    score.ece,
                    ahead or 0.0,
                    score.ap75 or 0.0,
                    score.unmoved / max(score.shown_right, 1),
                    found.found / max(found.objects, 1),
                    found.named / max(found.found, 1),
                )
            )
            seconds = []
        progress.report(done, wanted[-1], f"{how.strategy}, seed {seed}")
    return results
