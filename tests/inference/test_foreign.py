"""Detectors of other people, recognised and run: what they find is what their authors' code finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hitl_desktop.domain.geometry import as_array, iou_matrix
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.recognition.probe import bundled_photos
from hitl_desktop.inference.recognition.recognise import recognise
from hitl_desktop.inference.registry import load_detector

SHARED = Path(__file__).resolve().parents[3] / "shared"
FOREIGN = SHARED / "models" / "foreign"
MODELS: list[dict[str, Any]] = json.loads((FOREIGN / "models.json").read_text()) if FOREIGN.is_dir() else []
DETECTORS = [m for m in MODELS if m["reference"] and (FOREIGN / f"{m['name']}.onnx").is_file()]
OTHERS = [m for m in MODELS if m["name"].startswith("neg_")]

pytestmark = pytest.mark.skipif(not MODELS, reason="the models of other people are not on this machine")


def pictures(model: dict[str, Any]) -> dict[str, Path]:
    wanted = model["reference"]["detections"]
    return {name: SHARED / "data" / "coco-open100" / "images" / name for name in wanted}


def agree(found: Detections, wanted: list[dict[str, Any]]) -> bool:
    labels = found.scores.argmax(axis=1)
    scores = found.scores.max(axis=1)
    sure = np.flatnonzero(scores >= 0.32)
    known = as_array([w["bbox"] for w in wanted])
    overlaps = iou_matrix(found.bboxes, known)
    return all(
        any(
            overlaps[row, n] > 0.95
            and w["class_index"] == labels[row]
            and abs(w["score"] - scores[row]) <= 0.02
            for n, w in enumerate(wanted)
        )
        for row in sure.tolist()
    ) and all(overlaps[:, n].max(initial=0) > 0.95 for n, w in enumerate(wanted) if w["score"] >= 0.32)


@pytest.mark.parametrize("model", DETECTORS, ids=lambda m: m["name"])
def test_a_real_file_is_recognised_and_finds_what_its_reference_finds(model: dict[str, Any]) -> None:
    done = recognise(FOREIGN / f"{model['name']}.onnx", model["sha256"], bundled_photos())
    assert len(done.candidates) == 1
    card = done.candidates[0].card
    right = model["preprocessing"]
    assert card.input.colour == right["colour"]
    assert card.input.std == pytest.approx(right["std"], abs=0.01)
    detector = load_detector(card)
    for name, path in pictures(model).items():
        found = detector.predict([read_for_models(path)[1]])[0]
        assert agree(found, model["reference"]["detections"][name]), name


@pytest.mark.parametrize("model", OTHERS, ids=lambda m: m["name"])
def test_what_is_no_detector_is_refused(model: dict[str, Any]) -> None:
    reasons = {
        "neg_deeplab_seg": "21 numbers for each pixel",
        "neg_lowlight": "turns an image into another image",
        "neg_person_reid": "256 numbers for the image as a whole",
        "neg_preprocess_helper": "turns an image into another image",
    }
    with pytest.raises(ModelError, match=reasons[model["name"]]):
        recognise(FOREIGN / f"{model['name']}.onnx", model["sha256"], bundled_photos())
