"""Images whose files changed or went elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.annotate import draw
from hitl_desktop.workflows.detection import prelabel as prelabelling
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.images.open_folder import add_folder, open_path, scan
from hitl_desktop.workflows.images.relink import relink, reread


def save(path: Path, width: int, value: int) -> None:
    Image.fromarray(np.full((20, width, 3), value, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for n, name in enumerate(("a.png", "b.png", "deep/c.png")):
        save(folder / name, 30 + n, 10 * n)
    return folder


@pytest.fixture
def project(folder: Path, tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "p.hitl")
    add_folder(project, folder, NoProgress())
    scan(project, NoProgress())
    draw(project, 1, [(BBox(1, 1, 5, 5), project.categories.ensure("cat").id)])
    return project


def test_a_changed_image_keeps_its_boxes_and_is_looked_at_again(project: Project, folder: Path) -> None:
    before = project.images.get(1)
    model = project.models.ensure("hash", "m", ["x"]).id
    for image_id in (1, 2):
        project.db.execute(
            "INSERT INTO predicted_images (image_id, model_id) VALUES (?, ?)", (image_id, model)
        )
        project.db.execute(
            "INSERT INTO predictions (image_id, model_id, x, y, w, h, score, class_scores, candidate) VALUES (?, ?, 1, 1, 9, 9, .9, x'', 1)",
            (image_id, model),
        )
    save(folder / "a.png", 50, 99)
    assert reread(project, 1).annotations_of == {1}
    reread(project, 2)
    after = project.images.get(1)
    assert before
    assert after
    assert (before.width, after.width) == (30, 50)
    assert before.content_hash != after.content_hash
    assert len(project.annotations.of_image(1)) == 1
    assert project.predictions.images_done(model) == {2}  # whose bytes are the same
    assert [len(project.predictions.of_image(i, model)) for i in (1, 2)] == [
        0,
        1,
    ]  # not of pixels that are gone


def test_a_detector_that_saw_the_file_as_it_was_does_not_count(
    project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = prelabelling.detect_here

    def detect(*args: Any, **options: Any) -> Iterator[Any]:
        for record, outcome in real(*args, **options):
            save(project.path_of(record), 50, 9)  # after its pixels were read
            reread(project, record.id)
            yield record, outcome

    monkeypatch.setattr(prelabelling, "detect_here", detect)
    prelabel(project, NoProgress())
    model = project.models.ensure(find_card(DEFAULT_DETECTOR).sha256, "", ()).id
    assert project.predictions.count_done(model) == 0
    monkeypatch.undo()
    prelabel(project, NoProgress())
    assert project.predictions.count_done(model) == len(project.images.all())


def test_a_deleted_image_says_so_until_it_is_back(project: Project, folder: Path) -> None:
    shutil.move(folder / "a.png", folder / "away")
    reread(project, 1)
    assert "gone" in str(getattr(project.images.get(1), "reason", ""))
    shutil.move(folder / "away", folder / "a.png")
    reread(project, 1)
    assert getattr(project.images.get(1), "reason", "") is None


def test_a_renamed_image_is_found_and_the_new_record_of_its_file_steps_aside(
    project: Project, folder: Path
) -> None:
    (folder / "a.png").rename(folder / "z.png")
    add_folder(project, folder, NoProgress())  # as the next start does
    scan(project, NoProgress())
    assert len(project.images.ids()) == 4
    relink(project, 1, folder / "z.png")
    found, aside = project.images.get(1), project.images.get(4)
    assert found
    assert found.path == "z.png"
    assert found.reason is None
    assert aside
    assert aside.path == "a.png"
    assert len(project.annotations.of_image(1)) == 1


def test_the_file_of_an_image_with_boxes_is_not_taken(project: Project, folder: Path) -> None:
    with pytest.raises(HitlError, match="already, with boxes"):
        relink(project, 2, folder / "a.png")
    assert [i.path for i in project.images.all()] == ["a.png", "b.png", "deep/c.png"]


def test_what_is_no_image_is_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("no image")
    with pytest.raises(UnreadableImageError):
        relink(project, 1, tmp_path / "x.png")
    with pytest.raises(UnreadableImageError, match="gone"):
        relink(project, 1, tmp_path / "not there.png")


def test_a_whole_folder_that_moved_is_found_by_one_of_its_images(project: Project, folder: Path) -> None:
    moved = folder.rename(folder.with_name("out"))
    relink(project, 3, moved / "deep" / "c.png")
    assert [project.path_of(i).is_file() for i in project.images.all()] == [True, True, True]
    assert len(project.files.folders()) == 1


def test_an_image_outside_of_all_folders(project: Project, tmp_path: Path, folder: Path) -> None:
    (folder / "b.png").unlink()
    save(tmp_path / "else.png", 77, 5)
    relink(project, 2, tmp_path / "else.png")
    image = project.images.get(2)
    assert image
    assert project.path_of(image) == tmp_path / "else.png"
    assert image.width == 77


def test_relink_in_a_project_in_the_folder_itself(folder: Path) -> None:
    with open_path(folder) as project:
        add_folder(project, folder, NoProgress())
        (folder / "b.png").rename(folder / "deep" / "b.png")
        relink(project, 2, folder / "deep" / "b.png")
        assert getattr(project.images.get(2), "path", "") == "deep/b.png"
