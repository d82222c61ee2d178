"""The whole trip on the sample images, with an oracle in the place of a person."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.proposals import shown_to_people
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.paths import data_dir
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.benchmark.evaluate import evaluate
from hitl_desktop.workflows.benchmark.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.detection.embeddings import embed_undecided
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.export_dataset import export_dataset
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.projects.sample import TOUR, TRUTH, make_sample
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training.detection_head import TrainingCache
from hitl_desktop.workflows.training.train import is_due, train_heads

DECIDED = 15
MADE = ("sample.hitl", "sample.hitl-wal", "sample.hitl-shm", "coco.json", "window.png")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Where things lie, and AP50 on the undecided synthetic images, before and after learning."""

    project: Path
    coco: Path
    pictures: int
    decided: int
    ap50_before: float | None
    ap50_after: float | None
    test_pictures: int
    effort_saved: float | None
    seconds: float


def run_demo(folder: Path | None, progress: Progress, *, threads: int | None = None) -> DemoResult:
    """Pre-label, review with an oracle, learn, export.

    Raises:
        HitlError: the folder cannot be written.
    """
    started = time.perf_counter()
    folder = folder or data_dir() / "demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in MADE:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise HitlError(
            tr("{folder} cannot be written ({strerror}).", folder=folder, strerror=error.strerror),
            hint=tr("Choose another place with --out."),
        ) from error
    file = make_sample(folder, progress)
    truth = read_dataset(folder / TRUTH).dataset
    with Project.open(file, background=True) as project:
        project.meta.set(TOUR, None)
        for category in truth.categories:
            project.categories.ensure(category.name)
        prelabel(project, progress, threads=threads)
        embed_undecided(project, progress, threads=threads)
        refresh_queue(project, load_scorer(project), progress)
        answers = answers_for(project, truth)
        before = evaluate(project, truth, progress, threads=threads).ap50
        new, cache = 0, TrainingCache()
        for done in range(1, DECIDED + 1):
            image = next_undecided(project)
            scorer = load_scorer(project)
            visible = shown_to_people(proposals_of(project, image, scorer), Thresholds(DISPLAY_THRESHOLD))
            proposed = [(p.name, p.bbox) for p in visible]
            decide_as_oracle(
                project, image, answers.get(image.id, proposed), scorer, threshold=DISPLAY_THRESHOLD
            )
            new += 1
            if is_due(new, done) or done == DECIDED:
                train_heads(project, progress, threads=threads, cache=cache)
                new = 0
            progress.report(done, DECIDED, "reviewing")
        left = [i.id for i in project.images.all(state=ImageState.UNDECIDED) if i.id in answers]
        after = evaluate(project, truth, progress, only=left, threads=threads).ap50
        summary = export_dataset(project, folder / "coco.json")
        saved = project.decisions.acts().effort_saved()
        total = len(project.images.ids())
    return DemoResult(
        file,
        summary.path,
        total,
        DECIDED,
        before,
        after,
        len(left),
        saved,
        round(time.perf_counter() - started, 1),
    )
