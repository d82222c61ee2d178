"""What boxes are called, and how surely, whatever the detector's classes are called."""

from dataclasses import replace
from pathlib import Path

from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.categories import change
from hitl_desktop.workflows.benchmark.evaluate import Evaluation, evaluate
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.training.train import train_heads

QUIET = NoProgress()

OF_DETECTOR = {"gear": "clock", "leaf": "banana", "crystal": "kite"}
"""Classes that the detector takes some of the synthetic objects for, and other things as well."""


def evaluated(project: Project, truth: Dataset) -> Evaluation:
    undecided = [image.id for image in project.images.all() if image.state == "undecided"]
    return evaluate(project, truth, QUIET, only=undecided, threads=1)


def test_a_name_that_the_detector_has_is_no_wall(taught_project: Project, taught: Path) -> None:
    truth = read_dataset(taught / "set" / "instances.json").dataset
    unknown = evaluated(taught_project, truth)
    for category in taught_project.categories.all():
        change(taught_project, category, name=OF_DETECTOR[category.name])
    named = replace(truth, categories=tuple(replace(c, name=OF_DETECTOR[c.name]) for c in truth.categories))
    taught_project.heads.activate(None)
    alone = evaluated(taught_project, named)
    train_heads(taught_project, QUIET, threads=1)
    known = evaluated(taught_project, named)
    assert known.ap50 is not None
    assert known.ap50 >= max(alone.ap50 or 0.0, unknown.ap50 or 0.0) - 0.01
    assert known.shown_right >= unknown.shown_right
