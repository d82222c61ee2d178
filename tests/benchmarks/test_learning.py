"""A learning step in a project of ten thousand decided images, without the networks and the fits.

What is left is what grows with the project: reading what is taught, comparing it with what was taught before,
the trial of the new head, the order of asking, and storing the version. The backbone and the encoder are
stand-ins that return arrays of 16 numbers a cell and 448 a crop; what `classification_head.fit` takes is
subtracted and noted by itself. All of it is CPU time of the thread that learns.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.progress import NoProgress
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.training import classification_samples, train
from hitl_desktop.workflows.training.detection_head import TrainingCache
from hitl_desktop.workflows.training.train import train_heads as learn
from tests.fakes.decided import decided_project, no_networks

from .conftest import Bench

DECIDED, WAITING, NEW = 10_000, 100, 10


@pytest.mark.bench
def test_learning_among_ten_thousand_decided_images(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_networks(monkeypatch)
    fitting: list[float] = []

    def timed(fit: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return fit(*args, **kwargs)
            finally:
                fitting.append(time.thread_time() - began)

        return run

    for module in (train, classification_samples):
        monkeypatch.setattr(module, "fit", timed(module.fit))
    with decided_project(tmp_path, DECIDED, WAITING) as project:
        cache = TrainingCache()
        learn(project, NoProgress(), threads=1, cache=cache)
        for image_id in range(DECIDED + 1, DECIDED + 1 + NEW):
            annotate.draw(project, image_id, [(BBox(50, 50, 60, 60), 1)])
            decisions.decide(project, image_id, (), (), decisions.How(None, Thresholds(0.3), 1.0))
        fitting.clear()
        began = time.thread_time()
        result = learn(project, NoProgress(), threads=1, cache=cache)
        took = time.thread_time() - began
        assert result.head_id == 2
    bench.note("learn_at_10000_ms", 1000 * (took - sum(fitting)))
    bench.note("learn_at_10000_fits_ms", 1000 * sum(fitting))
