"""The taught detector as one file gives what the program shows, in ONNX Runtime alone."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.proposals import shown
from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.model_card import read_card
from hitl_desktop.inference.registry import load_detector
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.predictions import KEEP_FROM
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.class_map import NOT_SHOWN, set_mapping
from hitl_desktop.workflows.detection.embeddings import embed_images
from hitl_desktop.workflows.exchange.export_model import export_head
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.training.detection_head import find_objects
from tests.conftest import QUICK

QUIET = NoProgress()

BARE = """
import json, sys
import numpy as np, onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession(sys.argv[1])
for path in sys.argv[2:]:
    image = np.asarray(Image.open(path).convert("RGB"))
    boxes, scores, classes, class_scores = session.run(None, {"image": image})
    print(json.dumps([boxes.tolist(), scores.tolist(), classes.tolist(), list(class_scores.shape)]))
assert not any(name.startswith("hitl_desktop") for name in sys.modules)
"""


@pytest.mark.parametrize("is_mapped", [False, True])
def test_the_exported_detector_gives_the_same_boxes_in_a_bare_session(
    taught_project: Project, tmp_path: Path, is_mapped: bool
) -> None:
    if is_mapped:  # several classes of the detector stand for one category, some are not shown
        classes, first = load_scorer(taught_project).detector.classes, taught_project.categories.all()[0].id  # type: ignore[union-attr]
        set_mapping(
            taught_project, dict.fromkeys(classes[20:50], first) | dict.fromkeys(classes[50:60], NOT_SHOWN)
        )
    export = export_head(taught_project, tmp_path / "out")
    images = [i for i in taught_project.images.all() if i.state == "undecided"]
    find_objects(taught_project, images, QUIET, threads=1)
    embed_images(taught_project, images, QUIET, threads=1)
    scorer = load_scorer(taught_project)
    assert scorer
    paths = [str(taught_project.path_of(image)) for image in images]
    done = subprocess.run(
        [sys.executable, "-c", BARE, str(export.folder / "detector.onnx"), *paths],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    compared = 0
    for image, (boxes, scores, classes, shape) in zip(images, answers, strict=True):
        seen = shown(proposals_of(taught_project, image, scorer), KEEP_FROM)
        assert shape == [len(boxes), len(scorer.names)]
        assert scores == sorted(scores, reverse=True)
        reference = sorted(zip(classes, scores, boxes, strict=True), key=lambda each: -each[1])
        for p in seen:
            if p.score < KEEP_FROM + 0.01:
                continue  # beside the limit both may be right
            x, y, w, h = p.bbox
            best = max(
                reference,
                key=lambda each: (
                    (scorer.names[each[0]] == p.name) - np.abs(np.subtract(each[2], p.bbox)).max()
                ),
            )
            assert scorer.names[best[0]] == p.name
            assert best[2] == pytest.approx([x, y, w, h], abs=0.005 * min(w, h) + 0.05)
            assert best[1] == pytest.approx(p.score, abs=0.01)
            compared += 1
        assert len(boxes) == pytest.approx(len(seen), abs=sum(p.score < KEEP_FROM + 0.01 for p in seen) + 1)
    assert compared >= 10


def test_the_program_itself_runs_what_it_exported(taught_project: Project, tmp_path: Path) -> None:
    folder = export_head(taught_project, tmp_path / "out").folder
    card = read_card(folder / "detector.toml")
    assert card.family == "taught"
    assert {"gear", "leaf", "crystal"} <= set(card.classes)
    detector = load_detector(card, threads=1)
    image = taught_project.images.all()[0]
    (found,) = detector.predict([read_for_models(taught_project.path_of(image))[1]])
    assert found.scores.shape == (len(found.bboxes), len(card.classes))
    assert found.scores.max() > 0.3


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (640, 7), (37, 53)])
def test_images_of_odd_sizes_are_no_trouble(
    taught_project: Project, tmp_path: Path, size: tuple[int, int]
) -> None:
    card = read_card(export_head(taught_project, tmp_path / "out").folder / "detector.toml")
    noise = np.asarray(Image.effect_noise(size, 90).convert("RGB"))
    (found,) = load_detector(card, threads=1).predict([noise])
    assert np.isfinite(found.bboxes).all()
    assert np.isfinite(found.scores).all()
    corners = found.bboxes[:, :2] + found.bboxes[:, 2:]
    assert (corners <= np.array(size) + 1.01).all()


def test_the_head_alone_is_written_as_arrays_and_json(taught_project: Project, tmp_path: Path) -> None:
    folder = export_head(taught_project, tmp_path / "out").folder
    stored = json.loads((folder / "head.json").read_text())
    version = taught_project.heads.active()
    assert version is not None
    assert stored["version"] == version.id
    assert stored["names"][: stored["taught"]] == [c.name for c in taught_project.categories.all()]
    assert stored["learned"]["pictures"] == 6
    head = ClassificationHead.from_bytes((folder / "naming.npz").read_bytes())
    assert head.category_ids.tolist() == stored["category_ids"][: stored["taught"]]
    assert set(DetectionHead.from_bytes((folder / "finding.npz").read_bytes()).views) == {*QUICK}
    for name in ("naming.npz", "finding.npz"):
        with np.load(folder / name, allow_pickle=False) as arrays:
            assert all(arrays[each].dtype != object for each in arrays.files)


def test_there_is_nothing_to_export_before_something_was_taught(
    taught_project: Project, tmp_path: Path
) -> None:
    taught_project.heads.activate(None)
    with pytest.raises(HitlError, match="Nothing has been trained yet"):
        export_head(taught_project, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_said(taught_project: Project, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(HitlError, match="cannot be made"):
        export_head(taught_project, tmp_path / "out")
