"""Heads learn on feature maps of somebody else's detector, if they teach better, and are exported with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.proposals import shown
from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.model_card import read_card
from hitl_desktop.inference.registry import load_detector
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.detector import backbone_of
from hitl_desktop.workflows.detection.embeddings import embed_images
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.export_model import export_head
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.training.detection_head import find_objects
from hitl_desktop.workflows.training.feature_choice import compare_feature_maps, use_feature_maps
from hitl_desktop.workflows.training.train import train_heads
from tests.inference.test_foreign import FOREIGN
from tests.workflows.training.test_detection_head import decide, project

__all__ = ["project"]
QUIET = NoProgress()
NANODET = FOREIGN / "nanodet_m_320.onnx"


def test_beside_the_bundled_detector_there_is_nothing_to_choose(project: Project, dataset: Path) -> None:
    decide(project, dataset, list(range(1, 9)))
    (only,) = compare_feature_maps(project, QUIET, threads=1)
    assert (only.name, only.images, only.is_used) == ("bundled", 8, True)
    assert only.boxes == len(project.annotations.all())
    assert 0.1 < only.ap50 <= 1.0
    with pytest.raises(HitlError, match="no feature maps called backbone"):
        use_feature_maps(project, "backbone")


@pytest.mark.skipif(not NANODET.is_file(), reason="the detectors of others are not here")
def test_heads_learn_on_the_maps_of_a_foreign_detector_and_are_exported_with_it(
    project: Project, dataset: Path, tmp_path: Path
) -> None:
    prelabel(project, QUIET, model=str(NANODET), threads=1)
    decide(project, dataset, list(range(1, 9)))
    train_heads(project, QUIET, threads=1)
    trials = {trial.name: trial for trial in compare_feature_maps(project, QUIET, threads=1)}
    assert set(trials) == {"bundled", "backbone", "last"}
    assert trials["bundled"].is_used
    assert all(trial.ap50 > 0.1 for trial in trials.values())
    use_feature_maps(project, "backbone")
    backbone = backbone_of(project)
    assert backbone is not None
    assert backbone.file.name == NANODET.name
    left = project.images.all(state=ImageState.UNDECIDED)[:4]
    assert find_objects(project, left, QUIET, threads=1) == 0  # the head was trained on other maps
    train_heads(project, QUIET, threads=1)
    assert find_objects(project, left, QUIET, threads=1) == len(left)
    embed_images(project, left, QUIET, threads=1)
    scorer = load_scorer(project)
    assert scorer is not None
    export = export_head(project, tmp_path / "out")
    exported = load_detector(read_card(export.folder / "detector.toml"), threads=1)
    compared = 0
    for image in left:
        (found,) = exported.predict([read_for_models(project.path_of(image))[1]])
        for p in shown(proposals_of(project, image, scorer), 0.3):
            apart = np.abs(found.bboxes - np.array(p.bbox)).max(axis=1)
            best = int(apart.argmin())
            assert apart[best] <= 0.02 * max(p.bbox.w, p.bbox.h) + 0.5
            assert found.scores[best].max() == pytest.approx(p.score, abs=0.03)
            compared += 1
    assert compared >= 3


@pytest.mark.skipif(not NANODET.is_file(), reason="the detectors of others are not here")
def test_a_head_of_other_feature_maps_is_not_exported_as_if_it_found_nothing(
    project: Project, dataset: Path, tmp_path: Path
) -> None:
    prelabel(project, QUIET, model=str(NANODET), threads=1)
    decide(project, dataset, [1, 2, 3])
    train_heads(project, QUIET, threads=1)
    use_feature_maps(project, "backbone")
    with pytest.raises(HitlError, match="on other feature maps") as refused:
        export_head(project, tmp_path / "out")
    assert "train" in refused.value.hint
