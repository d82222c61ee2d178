import json
import shutil
from pathlib import Path

import pytest

from hitl_desktop.progress import NoProgress
from hitl_desktop.workflows.benchmark.ground_truth import NothingLeftError
from hitl_desktop.workflows.benchmark.simulate import simulate

QUIET = NoProgress()


def test_a_simulation_lists_what_it_left_out(dataset: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(dataset, tmp_path / "set")
    (copy / "images" / "003.png").unlink()
    data = json.loads((copy / "instances.json").read_text())
    data["images"][4]["width"] = 7
    data["annotations"].append({"id": 999, "image_id": 6, "category_id": 77, "bbox": [1, 1, 9, 9]})
    (copy / "instances.json").write_text(json.dumps(data))
    (result,) = simulate(copy, QUIET, images=1, threads=1)
    images = {note.problem: note.examples for note in result.truth.left_out if note.what == "image"}
    assert images == {
        "not in the project, or its name fits several images there": ("003.png",),
        "of another size in the project, so its boxes do not fit": ("005.png",),
        "lost some of its boxes": ("006.png",),
    }
    assert len(result.truth.dataset.images) == 9
    assert [step.pictures for step in result.steps] == [1]


def test_a_data_set_of_which_nothing_is_left_is_refused(dataset: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(dataset, tmp_path / "set")
    data = json.loads((copy / "instances.json").read_text())
    for image in data["images"]:
        image["file_name"] = f"no-{image['file_name']}"
    (copy / "instances.json").write_text(json.dumps(data))
    with pytest.raises(NothingLeftError, match="12 images: not in the project"):
        simulate(copy, QUIET, images=1, threads=1)
