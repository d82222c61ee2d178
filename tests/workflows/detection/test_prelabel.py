import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.proposals import shown_to_people
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import ModelError
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from tests.conftest import CancelAt, save
from tests.toy_models import toy, write_card

QUIET = NoProgress()


def boxes_of(project: Project, image_id: int) -> list[tuple[float, ...]]:
    """The stored boxes of the project's detector on an image, rounded, with their scores."""
    detector = project.models.detector()
    assert detector
    found = project.predictions.of_image(image_id, detector.id)
    return [(*(round(v, 1) for v in p.bbox), round(p.score, 2)) for p in found]


@pytest.mark.parametrize(
    "input_type",
    ["FLOAT", "FLOAT16", "DOUBLE", "UINT8", "INT32", "INT64"],
)
def test_images_are_converted_to_what_the_model_takes(
    project: Project, tmp_path: Path, input_type: str
) -> None:
    file = toy(tmp_path / "mine.onnx", input_type=TensorProto.DataType.Value(input_type))
    result = prelabel(project, QUIET, model=str(file), threads=1)
    assert (result.done, result.remarks) == (4, [])
    assert [boxes_of(project, i) for i in (1, 2, 3, 4)] == [  # 48 of 64 pixels from the corner, less the padding
        [(0, 0, 60.0, 50.0, 0.9)], [(0, 0, 57.4, 67.5, 0.9)], [(0, 0, 30.0, 30.0, 0.9)], [(0, 0, 48.0, 41.0, 0.9)],
    ]  # fmt: skip


def _zipped(file: Path, name: str) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x" * 100)


def _cut(file: Path) -> None:
    toy(file, score=0.8)
    file.write_bytes(file.read_bytes()[:3000])
    write_card(file)


def _without_weights(file: Path) -> None:
    toy(file, weights_beside=True)
    file.with_suffix(".data").unlink()


def _with_half_its_weights(file: Path) -> None:
    toy(file, weights_beside=True)
    file.with_suffix(".data").write_bytes(b"12")


NOT_MODELS: dict[str, tuple[Callable[[Path], object], str]] = {
    "lfs": (lambda f: f.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"), "Git LFS pointer"),
    "page": (lambda f: f.write_text("\n<!DOCTYPE html><html><body>Sign in</body></html>"), "is a web page"),
    "json": (lambda f: f.write_text('{"message": "Not Found"}'), "is a text file"),
    "zip": (lambda f: _zipped(f, "deep/real.onnx"), "zip archive.*deep/real.onnx"),
    "torch": (lambda f: _zipped(f, "best/data.pkl"), "PyTorch file"),
    "gzip": (lambda f: f.write_bytes(b"\x1f\x8b\x08\0\0\0"), "compressed file"),
    "tflite": (lambda f: f.write_bytes(b"\x1c\0\0\0TFL3\0\0"), "TensorFlow Lite"),
    "empty": (lambda f: f.write_bytes(b""), "is empty"),
    "zeros": (lambda f: f.write_bytes(bytes(5000)), "is empty"),
    "noise": (lambda f: f.write_bytes(bytes(range(256))), "damaged or cut off, or is no ONNX model"),
    "cut": (_cut, "damaged or cut off"),
    "no weights": (_without_weights, "keeps its weights in mine.data, which is not there"),
    "few weights": (_with_half_its_weights, "keeps its weights in mine.data, which is too short"),
    "ir": (lambda f: toy(f, ir=99), "has ONNX IR version 99; this program reads up to [0-9]+"),
    "opset": (lambda f: toy(f, opset=99), "uses opset 99 of ai.onnx; this program runs up to [0-9]+"),
    "no input": (lambda f: toy(f, inputs=0), "has no input"),
    "two inputs": (lambda f: toy(f, inputs=2), r"takes 2 inputs \(picture, more_1\)"),
    "channels last": (lambda f: toy(f, shape=(1, 64, 64, 3)), "takes an input of 1 x 64 x 64 x 3; its card asks .* 1 x 3 x 64 x 64"),
    "flat": (lambda f: toy(f, shape=(3, 64, 64)), "takes an input of 3 x 64 x 64"),
    "other size": (lambda f: toy(f, shape=(1, 3, 320, 320)), "takes an input of 1 x 3 x 320 x 320"),
    "fractions": (lambda f: toy(f, input_type=TensorProto.UINT8, mean=(127.5,) * 3), "whole numbers"),
    "bfloat16": (lambda f: toy(f, input_type=TensorProto.BFLOAT16), "bfloat16"),
    "no output": (lambda f: toy(f, without="dis_pred_stride_16"), "lacks the NanoDet outputs dis_pred_stride_16"),
    "std of 0": (lambda f: toy(f, std=(1, 0, 1)), "std not 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_MODELS)
def test_what_cannot_be_run_is_refused_with_its_reason_and_replaces_nothing(
    project: Project, tmp_path: Path, name: str
) -> None:
    prelabel(project, QUIET, model=str(toy(tmp_path / "first.onnx")), threads=1)
    before = [boxes_of(project, i) for i in (1, 2, 3, 4)]
    make, words = NOT_MODELS[name]
    make(tmp_path / "mine.onnx")
    if not (tmp_path / "mine.toml").exists():
        write_card(tmp_path / "mine.onnx")
    with pytest.raises(ModelError, match=f"(?s){words}") as raised:
        prelabel(project, QUIET, model=str(tmp_path / "mine.onnx"), threads=1)
    assert raised.value.hint
    assert "onnxruntime_src" not in str(raised.value)
    assert getattr(project.models.detector(), "name", "") == "first"
    assert [boxes_of(project, i) for i in (1, 2, 3, 4)] == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"score": float("nan")}, "NaN or infinity"),
        ({"score": float("inf")}, "NaN or infinity"),
        ({"score": 37.5}, "scores from 0 to 37.5, which are not probabilities"),
        ({"score": -4.0}, "scores from -4 to 0, which are not probabilities"),
        ({"output_rank": 2}, r"gives cls_pred_stride_8 as \[64, 3\]; its card asks for \[1, 64, 3\]"),
        ({"cells": 5}, r"as \[1, 69, 3\]"),
    ],
)
def test_outputs_that_cannot_be_boxes_and_scores_are_refused(
    project: Project, tmp_path: Path, options: dict[str, float], words: str
) -> None:
    prelabel(project, QUIET, model=str(toy(tmp_path / "first.onnx")), threads=1)
    before = [boxes_of(project, i) for i in (1, 2, 3, 4)]
    file = toy(tmp_path / "mine.onnx", **options)  # type: ignore[arg-type]
    for _ in range(2):  # nothing was done, so it is tried again
        with pytest.raises(ModelError, match=words):
            prelabel(project, QUIET, model=str(file), threads=1)
    assert getattr(project.models.detector(), "name", "") == "first"
    assert [boxes_of(project, i) for i in (1, 2, 3, 4)] == before


def test_an_image_on_which_the_model_fails_is_reported_and_tried_again(
    project: Project, tmp_path: Path
) -> None:
    save(tmp_path / "pictures" / "black.png", np.zeros((30, 30, 3), np.uint8))
    add_folder(project, tmp_path / "pictures", QUIET)
    scan(project, QUIET)
    file = toy(tmp_path / "mine.onnx")
    first = prelabel(project, QUIET, model=str(file), threads=1)
    assert (first.done, list(first.not_done)) == (4, ["black.png"])
    assert first.remarks[0].startswith(
        "mine failed on 1 image (black.png), to be tried again next time: mine.onnx computed NaN or infinity"
    )
    again = prelabel(project, QUIET, threads=1)
    assert (again.done, again.skipped, list(again.not_done)) == (0, 4, ["black.png"])
    save(tmp_path / "pictures" / "black.png", np.full((30, 30, 3), 9, np.uint8))
    second = prelabel(project, QUIET, threads=1)
    assert (second.done, second.skipped, second.not_done) == (1, 4, {})
    assert boxes_of(project, 5) == [(0, 0, 22.5, 22.5, 0.9)]


def test_a_run_that_does_not_end_is_stopped(project: Project, tmp_path: Path) -> None:
    file = toy(tmp_path / "mine.onnx", endless=True)
    with pytest.raises(ModelError, match=r"mine did not finish within 0\.3 seconds on one image"):
        prelabel(project, QUIET, model=str(file), threads=1, longest=0.3)
    assert project.models.detector() is None
    with pytest.raises(JobCancelled):
        prelabel(project, CancelAt(1), model=str(file), threads=1)


@pytest.mark.parametrize(("score", "words"), [(0.0, "proposed nothing on 4"), (0.2, "nothing with a score of 0.3 or more on 4")])  # fmt: skip
def test_a_model_that_proposes_nothing_is_reported(
    project: Project, tmp_path: Path, score: float, words: str
) -> None:
    result = prelabel(project, QUIET, model=str(toy(tmp_path / "mine.onnx", score=score)), threads=1)
    assert (result.done, len(result.remarks)) == (4, 1)
    assert words in result.remarks[0]


def test_images_added_later_get_boxes_of_the_projects_own_detector(project: Project, tmp_path: Path) -> None:
    prelabel(project, QUIET, model=str(toy(tmp_path / "mine.onnx")), threads=1)
    save(tmp_path / "pictures" / "new.png", np.full((64, 64, 3), 99, np.uint8))
    add_folder(project, tmp_path / "pictures", QUIET)
    result = prelabel(project, QUIET, threads=1)
    assert (result.model, result.done, result.skipped) == ("mine", 1, 4)
    assert boxes_of(project, 5) == [(0, 0, 48.0, 48.0, 0.9)]


def test_a_detector_whose_file_is_gone_keeps_its_boxes_and_is_not_replaced(
    project: Project, tmp_path: Path
) -> None:
    file = toy(tmp_path / "models.onnx")
    prelabel(project, QUIET, model=str(file), threads=1)
    before = [boxes_of(project, i) for i in (1, 2, 3, 4)]
    file.unlink()
    assert prelabel(project, QUIET, threads=1).skipped == 4  # there is nothing to do: no complaint
    save(tmp_path / "pictures" / "new.png", np.full((64, 64, 3), 99, np.uint8))
    add_folder(project, tmp_path / "pictures", QUIET)
    with pytest.raises(ModelError, match=r"models\.onnx, is gone.*the boxes it proposed stay") as raised:
        prelabel(project, QUIET, threads=1)
    assert "--model" in raised.value.hint
    toy(file, score=0.5)
    with pytest.raises(ModelError, match="is another model now"):
        prelabel(project, QUIET, threads=1)
    assert [boxes_of(project, i) for i in (1, 2, 3, 4)] == before
    assert boxes_of(project, 5) == []


def test_a_model_beside_the_project_moves_with_it(tmp_path: Path, images: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(images, home / "pictures")
    with Project.create(home / "p.hitl") as project:
        add_folder(project, home / "pictures", QUIET)
        scan(project, QUIET)
        prelabel(project, QUIET, model=str(toy(home / "mine.onnx")), threads=1)
    home = home.rename(tmp_path / "moved")
    save(home / "pictures" / "new.png", np.full((64, 64, 3), 99, np.uint8))
    with Project.open(home / "p.hitl") as project:
        add_folder(project, home / "pictures", QUIET)
        assert prelabel(project, QUIET, threads=1).done == 1
        assert boxes_of(project, 5) == [(0, 0, 48.0, 48.0, 0.9)]


def test_a_detector_that_is_named_replaces_the_projects_own(project: Project, tmp_path: Path) -> None:
    first, second = toy(tmp_path / "first.onnx"), toy(tmp_path / "second.onnx", score=0.6)
    for file, score in ((first, 0.9), (second, 0.6), (first, 0.9)):
        prelabel(project, QUIET, model=str(file), threads=1)
        assert getattr(project.models.detector(), "name", "") == file.stem
        assert [box[-1] for box in boxes_of(project, 1)] == [score]


def test_a_detector_of_an_older_project_is_found_if_it_is_bundled_and_never_replaced(
    project: Project,
) -> None:
    """Older projects do not hold where the file of their detector is."""
    none = Detections(np.zeros((0, 4)), np.zeros((0, 1), np.float32))
    unknown = project.models.ensure("hash", "my_yolo", ("cup",))
    for image_id in (1, 2, 3, 4):
        project.predictions.replace(image_id, unknown.id, none)
    project.models.set_detector(unknown.id)
    assert prelabel(project, QUIET, threads=1).skipped == 4
    assert getattr(project.models.detector(), "name", "") == "my_yolo"
    project.predictions.forget_detections(4)
    with pytest.raises(ModelError, match="not known where the file of this project's detector, my_yolo, is"):
        prelabel(project, QUIET, threads=1)
    assert getattr(project.models.detector(), "name", "") == "my_yolo"
    bundled = find_card(DEFAULT_DETECTOR)
    project.models.set_detector(project.models.ensure(bundled.sha256, bundled.name, bundled.classes).id)
    result = prelabel(project, QUIET, threads=1)
    assert (result.model, result.done) == (DEFAULT_DETECTOR, 4)


def test_a_card_that_was_corrected_lets_the_detector_work_on_all_images_again(
    project: Project, tmp_path: Path
) -> None:
    file = toy(tmp_path / "mine.onnx")
    card = file.with_suffix(".toml")
    right = card.read_text()
    card.write_text(right.replace("[8, 16, 32]", "[8, 16]"))
    assert "proposed nothing" in prelabel(project, QUIET, model=str(file), threads=1).remarks[0]
    card.write_text(right.replace("'cup'", "'mug'"))
    result = prelabel(project, QUIET, model=str(file), threads=1)
    assert (result.done, result.skipped, result.remarks) == (4, 0, [])
    assert boxes_of(project, 3) == [(0, 0, 30.0, 30.0, 0.9)]
    assert getattr(project.models.detector(), "classes", ()) == ("mug", "fork", "spoon")
    assert prelabel(project, QUIET, model=str(file), threads=1).skipped == 4


@pytest.mark.parametrize(
    ("own", "shown"), [("cat", ("cat", 0.5)), ("dog", ("dog", 0.7)), ("both", ("dog", 0.7))]
)
def test_a_box_of_a_category_is_shown_where_a_surer_one_of_another_class_lies_on_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, own: str, shown: tuple[str, float]
) -> None:
    for name in ("cat", "dog") if own == "both" else (own,):
        project.categories.ensure(name)
    classes = find_card(DEFAULT_DETECTOR).classes
    scores = np.zeros((2, len(classes)), np.float32)
    scores[0, classes.index("dog")], scores[0, classes.index("cat")] = 0.7, 0.31
    scores[1, classes.index("cat")] = 0.5
    found = Detections(np.array([[2.0, 2, 20, 20], [2, 3, 20, 20]]), scores)
    monkeypatch.setattr("hitl_desktop.workflows.detection.image_detections.detect", lambda *_, **__: found)
    prelabel(project, QUIET)
    image = project.images.get(1)
    assert image
    seen = shown_to_people(proposals_of(project, image, load_scorer(project)), Thresholds(0.3))
    assert [(p.name, round(p.score, 2)) for p in seen] == [shown]


def test_boxes_of_a_large_image_are_in_its_own_pixels(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    save(folder / "large.png", np.full((1001, 2001, 3), 90, np.uint8))  # read at an eighth for 64 pixels
    add_folder(project, folder, QUIET)
    scan(project, QUIET)
    prelabel(project, QUIET, model=str(toy(tmp_path / "mine.onnx")), threads=1)
    (image,) = [i for i in project.images.all() if i.path == "large.png"]
    # 48 of 64 pixels to the right; down, the 48 less the padding of 16 above the image, of 32
    assert boxes_of(project, image.id) == [(0, 0, 1500.8, 1001.0, 0.9)]
