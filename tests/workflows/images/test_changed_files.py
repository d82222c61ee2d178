"""A file with another size: boxes move with their pixels, or nothing moves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.annotations import KeptBox
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.imaging import content_hash
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.annotate import draw
from hitl_desktop.workflows.annotation.edits import redo, undo
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.export_dataset import export_dataset
from hitl_desktop.workflows.images import open_folder
from hitl_desktop.workflows.images.open_folder import add_folder, refresh, scan
from hitl_desktop.workflows.images.relink import relink, reread


def save(path: Path, width: int, height: int, orientation: int = 1) -> None:
    path.parent.mkdir(exist_ok=True)
    image = Image.fromarray(np.full((height, width, 3), 99, np.uint8))
    image.getexif()[0x0112] = orientation
    image.save(path, exif=image.getexif())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save(tmp_path / "in" / "a.jpg", 400, 300)
    return tmp_path / "in" / "a.jpg"


@pytest.fixture
def project(tmp_path: Path, file: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.hitl") as made:
        add_folder(made, file.parent, NoProgress())
        scan(made, NoProgress())
        draw(made, 1, [(BBox(200, 150, 100, 80), made.categories.ensure("cat").id)])
        made.images.set_state(1, ImageState.DECIDED)
        yield made


def now(project: Project) -> tuple[ImageRecord, tuple[float, ...]]:
    image = project.images.get(1)
    assert image
    return image, tuple(project.annotations.of_image(1)[0].bbox)


@pytest.mark.parametrize("orientation", [1, 6])
def test_prelabelling_moves_boxes_with_the_image_and_says_so(
    project: Project, file: Path, orientation: int
) -> None:
    save(file, 200, 150, orientation)
    result = prelabel(project, NoProgress())
    image, box = now(project)
    size, expected = ((200, 150), (100, 75, 50, 40)) if orientation == 1 else ((150, 200), (35, 100, 40, 50))
    assert ((image.width, image.height), box) == (size, expected)
    assert (image.state, image.reason) == (ImageState.DECIDED, None)
    assert "moved with it" in result.changed["a.jpg"]
    assert result.done == 1
    undo(project)
    assert now(project)[1] == (200, 150, 100, 80)


def test_outlines_and_key_points_of_a_file_move_with_their_box(project: Project, file: Path) -> None:
    box = project.annotations.of_image(1)[0]
    extra = b'{"segmentation":[[200,150,300,150,300,230]],"keypoints":[210,160,2],"area":4000,"track":7}'
    project.extras.add_annotations([(box.id, KeptBox(box.category_id, box.bbox, extra))])
    save(file, 200, 150)
    prelabel(project, NoProgress())
    summary = export_dataset(project, project.path.with_name("out.json"))
    written = json.loads(project.path.with_name("out.json").read_text())["annotations"][0]
    assert written["segmentation"] == [[100, 75, 150, 75, 150, 115]]
    assert (written["keypoints"], written["area"], written["track"]) == ([105, 80, 2], 1000, 7)
    assert not summary.dropped


@pytest.mark.parametrize(
    "outline",
    ["[[200,150,300,150,300,230]]", '{"size":[300,400],"counts":[60150,80,220,80,59470]}'],
    ids=["polygon", "mask"],
)
def test_undo_brings_outlines_back_as_they_were_and_the_export_keeps_them(
    project: Project, file: Path, outline: str
) -> None:
    box = project.annotations.of_image(1)[0]
    extra = f'{{"segmentation":{outline},"keypoints":[210,160,2],"area":4001,"track":7}}'.encode()
    project.extras.add_annotations([(box.id, KeptBox(box.category_id, box.bbox, extra))])
    out = project.path.with_name("out.json")
    export_dataset(project, out)
    before = json.loads(out.read_text())["annotations"]
    save(file, 200, 150)
    refresh(project, NoProgress())
    assert now(project)[1] == (100, 75, 50, 40)
    undo(project)
    save(file, 400, 300)  # as it was when the boxes were drawn
    summary = export_dataset(project, out)
    assert json.loads(out.read_text())["annotations"] == before
    assert not summary.dropped
    redo(project)
    export_dataset(project, out)
    assert json.loads(out.read_text())["annotations"][0]["area"] == 4001 / 4


@pytest.mark.parametrize("size", [(300, 400), (350, 300)])
def test_prelabelling_puts_no_new_size_under_old_boxes(
    project: Project, file: Path, size: tuple[int, int]
) -> None:
    save(file, *size)
    result = prelabel(project, NoProgress())
    image, box = now(project)
    assert ((image.width, image.height), box, image.state) == (
        (400, 300),
        (200, 150, 100, 80),
        ImageState.DECIDED,
    )
    assert image.reason
    assert "another one" in image.reason
    assert result.changed == {"a.jpg": image.reason}
    assert (result.done, result.failed) == (0, 1)
    summary = export_dataset(project, project.path.with_name("out.json"))
    assert (summary.annotations, summary.no_file) == (1, 1)
    save(file, 400, 300)  # the old file is back
    scan(project, NoProgress())
    assert now(project)[0].reason is None


def test_a_damaged_file_keeps_the_size_of_its_labels(project: Project, file: Path) -> None:
    save(file, 900, 20)
    file.write_bytes(file.read_bytes()[:-200])
    project.images.set_reason(1, "The file is gone.")
    scan(project, NoProgress())
    image, box = now(project)
    assert image.reason
    assert ((image.width, image.height), box) == ((400, 300), (200, 150, 100, 80))


def test_reading_again_moves_the_boxes_or_opens_the_image_again(project: Project, file: Path) -> None:
    save(file, 800, 600)
    reread(project, 1)
    assert now(project)[1] == (400, 300, 200, 160)
    assert now(project)[0].state is ImageState.DECIDED
    save(file, 600, 800)
    reread(project, 1)
    image, box = now(project)
    assert ((image.width, image.height), box) == ((600, 800), (400, 300, 200, 160))
    assert (image.state, image.reason) == (ImageState.UNDECIDED, None)


def test_a_folder_that_moved_to_smaller_copies_takes_its_boxes_along(
    project: Project, file: Path, tmp_path: Path
) -> None:
    save(file.with_name("b.jpg"), 100, 100)
    add_folder(project, file.parent, NoProgress())
    scan(project, NoProgress())
    draw(project, 2, [(BBox(50, 50, 10, 10), 1)])
    for path in (file, file.with_name("b.jpg")):
        path.unlink()
    file.parent.rmdir()
    save(tmp_path / "small" / "a.jpg", 200, 150)
    save(tmp_path / "small" / "b.jpg", 50, 50)
    relink(project, 1, tmp_path / "small" / "a.jpg")
    assert now(project)[1] == (100, 75, 50, 40)
    assert [tuple(a.bbox) for a in project.annotations.of_image(2)] == [(25, 25, 5, 5)]


def drawn(path: Path, *, turned: bool = False, note: str = "", orientation: int = 1) -> None:
    """An image that is bright at one corner, or turned by half; `note` is a comment in its file."""
    rows, columns = np.mgrid[0:300, 0:400]
    pixels = np.stack([(rows * 0.5 + columns * 0.2) % 256, columns * 0.6, 255 - rows * 0.8], axis=2).astype(
        np.uint8
    )
    image = Image.fromarray(pixels[::-1, ::-1] if turned else pixels)
    image.getexif()[0x0112] = orientation
    image.save(path, comment=note, exif=image.getexif(), quality=95)


@pytest.fixture
def shown(project: Project, file: Path) -> Project:
    drawn(file)
    reread(project, 1)
    project.images.set_state(1, ImageState.DECIDED)
    return project


def test_another_image_of_the_same_size_is_not_taken_for_the_one_that_was_labelled(
    shown: Project, file: Path
) -> None:
    before = now(shown)[0].content_hash
    drawn(file, turned=True)
    result = prelabel(shown, NoProgress())
    image, box = now(shown)
    assert image.reason
    assert "another one" in image.reason
    assert result.changed == {"a.jpg": image.reason}
    assert (result.done, image.content_hash, box) == (0, before, (200, 150, 100, 80))
    scan(shown, NoProgress())
    assert now(shown)[0].reason  # still
    reread(shown, 1)
    assert (now(shown)[0].state, now(shown)[0].reason) == (ImageState.UNDECIDED, None)
    assert prelabel(shown, NoProgress()).done == 1


def test_an_orientation_that_was_added_makes_another_image_and_the_old_file_brings_it_back(
    shown: Project, file: Path
) -> None:
    drawn(file, orientation=3)
    assert prelabel(shown, NoProgress()).changed
    drawn(file)
    scan(shown, NoProgress())
    assert (now(shown)[0].state, now(shown)[0].reason) == (ImageState.DECIDED, None)


def test_other_metadata_around_the_same_pixels_cost_nothing(shown: Project, file: Path) -> None:
    before = now(shown)[0].content_hash
    drawn(file, note="taken by hand")
    result = prelabel(shown, NoProgress())
    image = now(shown)[0]
    assert (result.done, result.changed) == (1, {})
    assert (image.state, image.reason, image.remark) == (ImageState.DECIDED, None, None)
    assert image.content_hash != before


def test_where_nobody_knows_what_the_image_was_like_other_bytes_are_remarked_on(
    shown: Project, file: Path
) -> None:
    shown.files.set_perceptual_hash(1, None)
    drawn(file, turned=True)
    result = prelabel(shown, NoProgress())
    image = now(shown)[0]
    assert image.remark
    assert "was changed" in image.remark
    assert result.changed == {"a.jpg": image.remark}
    assert image.state is ImageState.DECIDED


@pytest.fixture
def seen(shown: Project) -> Project:
    """The labelled image after the detector has looked at it: pre-labelling alone does not read it
    again."""
    assert prelabel(shown, NoProgress()).done == 1
    return shown


def test_refresh_notices_another_image_of_the_same_size_under_its_name(seen: Project, file: Path) -> None:
    before = now(seen)[0].content_hash
    drawn(file, turned=True)
    _, scanned = refresh(seen, NoProgress())
    image, box = now(seen)
    assert image.reason
    assert "another one" in image.reason
    assert scanned.changed == {"a.jpg": image.reason}
    assert (image.content_hash, box) == (before, (200, 150, 100, 80))
    drawn(file)  # the old file is back
    assert refresh(seen, NoProgress())[1].changed == {}
    assert (now(seen)[0].state, now(seen)[0].reason) == (ImageState.DECIDED, None)


def test_refresh_moves_boxes_with_an_image_that_was_scaled_and_lets_the_detector_look_again(
    seen: Project, file: Path
) -> None:
    Image.open(file).resize((200, 150)).save(file, quality=95)
    _, scanned = refresh(seen, NoProgress())
    assert now(seen)[1] == (100, 75, 50, 40)
    assert "moved with it" in scanned.changed["a.jpg"]
    assert prelabel(seen, NoProgress()).done == 1
    assert refresh(seen, NoProgress())[1].changed == {}


def test_an_undecided_image_that_was_replaced_is_looked_at_again(seen: Project, file: Path) -> None:
    undo(seen)
    seen.images.set_state(1, ImageState.UNDECIDED)
    seen.annotations.remove(seen.annotations.of_image(1))
    drawn(file, turned=True)
    _, scanned = refresh(seen, NoProgress())
    assert "the detector runs on it again" in scanned.changed["a.jpg"]
    assert prelabel(seen, NoProgress()).done == 1
    assert now_readable(seen)


def now_readable(project: Project) -> bool:
    image = project.images.get(1)
    return image is not None and image.reason is None


def test_a_file_that_was_merely_copied_costs_one_reading_and_nothing_else(
    seen: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(file, (1, 1))
    read: list[Path] = []
    monkeypatch.setattr(open_folder, "content_hash", lambda path: read.append(path) or content_hash(path))
    for _ in range(2):
        _, scanned = refresh(seen, NoProgress())
        assert (scanned.changed, scanned.read) == ({}, 0)
    assert read == [file]
    assert prelabel(seen, NoProgress()).done == 0
    assert (now(seen)[0].state, now(seen)[0].reason, now(seen)[0].remark) == (ImageState.DECIDED, None, None)


def test_in_a_project_from_before_files_are_compared_once_they_were_read(seen: Project, file: Path) -> None:
    seen.files.set_stamp(1, None)
    assert refresh(seen, NoProgress())[1].changed == {}
    reread(seen, 1)
    drawn(file, turned=True)
    assert "another one" in refresh(seen, NoProgress())[1].changed["a.jpg"]
