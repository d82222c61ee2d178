"""Images whose files were moved or renamed are found again, and only those."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate
from hitl_desktop.workflows.images.find_missing import find_missing
from hitl_desktop.workflows.images.open_folder import add_folder, refresh, scan

PATHS = ("one/a.png", "one/b.png", "two/a.png", "c.png")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four images in a folder, the sizes of all differ, each with a box."""
    for number, path in enumerate(PATHS):
        file = tmp_path / "in" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 255, (40 + number, 60, 3), np.uint8)
        Image.fromarray(noise).save(file)
    with Project.create(tmp_path / "p.hitl") as made:
        add_folder(made, tmp_path / "in", NoProgress())
        scan(made, NoProgress())
        cup = made.categories.ensure("cup").id
        for image in made.images.all():
            annotate.draw(made, image.id, [(BBox(1, 1, image.id, 9), cup)])
        yield made


def places(project: Project) -> dict[str, str]:
    """Where the image with a box of each width lies, below the folder of the test."""
    width = {a.image_id: str(int(a.bbox.w)) for a in project.annotations.all()}
    root = project.path.parent
    return {
        width[i.id]: project.path_of(i).relative_to(root).as_posix()
        for i in project.images.all() if i.id in width
    }  # fmt: skip


def test_a_folder_that_moved_moves_as_a_whole(project: Project, tmp_path: Path) -> None:
    (tmp_path / "new" / "deep").mkdir(parents=True)
    (tmp_path / "in").rename(tmp_path / "new" / "deep" / "images")
    foreseen = find_missing(project, tmp_path / "new", NoProgress(), dry_run=True)
    assert (foreseen.missing, foreseen.by_path, foreseen.by_name) == (4, 3, 1)
    assert len(find_missing(project, tmp_path / "new", NoProgress()).left) == 0
    assert set(places(project).values()) == {f"new/deep/images/{path}" for path in PATHS}
    assert len(project.files.folders()) == 1
    Image.new("RGB", (9, 9)).save(tmp_path / "new" / "deep" / "images" / "later.png")
    assert refresh(project, NoProgress())[0].added == ("later.png",)
    assert find_missing(project, tmp_path / "new", NoProgress()).missing == 0


def test_renamed_files_are_found_by_their_bytes_and_others_are_not_taken(
    project: Project, tmp_path: Path
) -> None:
    before = places(project)
    new = tmp_path / "new"
    new.mkdir()
    (tmp_path / "in" / "one" / "a.png").rename(new / "renamed.png")
    (tmp_path / "in" / "two" / "a.png").rename(new / "a.png")  # by its name and size
    (tmp_path / "in" / "c.png").unlink()
    Image.new("RGB", (5, 5)).save(new / "c.png")  # another image of that name
    found = find_missing(project, new, NoProgress())
    assert (found.missing, found.by_path, found.by_name, found.by_content) == (3, 0, 1, 1)
    assert found.left == ["c.png"]
    assert found.words == "Found 2 of 3 images that were missing. 1 by their bytes, under other names."
    moved = {"in/one/a.png": "new/renamed.png", "in/two/a.png": "new/a.png"}
    assert places(project) == {box: moved.get(place, place) for box, place in before.items()}
    refresh(project, NoProgress())
    assert [i.path for i in project.images.all() if i.reason] == []


def test_where_two_files_fit_none_is_taken(project: Project, tmp_path: Path) -> None:
    (tmp_path / "new" / "x").mkdir(parents=True)
    (tmp_path / "new" / "y").mkdir()
    content = (tmp_path / "in" / "c.png").read_bytes()
    (tmp_path / "in" / "c.png").unlink()
    for name in ("x", "y"):
        Image.new("RGB", (60, 43)).save(tmp_path / "new" / name / "c.png")
    assert find_missing(project, tmp_path / "new", NoProgress()).left == ["c.png"]
    (tmp_path / "new" / "z.png").write_bytes(content)
    assert find_missing(project, tmp_path / "new", NoProgress()).by_content == 1
