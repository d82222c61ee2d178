"""What is listed of a folder, what is left out, and what one image that cannot be read costs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate
from hitl_desktop.workflows.detection.embeddings import embed_images, embed_whole_images
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.images.folder_walk import PassedOver, first_image, list_images
from hitl_desktop.workflows.images.open_folder import add_folder, list_folders, open_path, refresh, scan
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.training.train import train_heads
from tests.conftest import save
from tests.damage import SHORT_EXIF, with_exif

QUIET = NoProgress()
PIXELS = np.full((20, 30, 3), 90, np.uint8)


def listed(folder: Path) -> tuple[list[str], dict[str, int]]:
    passed_over = PassedOver()
    return list(list_images(folder, passed_over)), dict(passed_over)


@pytest.mark.parametrize(
    "name", ["@eaDir", "#recycle", "#snapshot", "@Recycle", "__MACOSX", "$RECYCLE.BIN", "$Recycle.Bin", "lost+found",
             "System Volume Information"],
)  # fmt: skip
def test_folders_of_systems_are_left_out_and_counted(tmp_path: Path, name: str) -> None:
    for path in ("a.jpg", f"{name}/a.jpg", f"{name}/deep/b.jpg", f"sub/{name}/c.jpg", "sub/d.jpg"):
        save(tmp_path / path, PIXELS)
    assert listed(tmp_path) == (["a.jpg", "sub/d.jpg"], {name: 3})


def test_hidden_files_and_kinds_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    for path in ("a.jpg", "._a.jpg", ".Trash-1000/b.jpg", ".hidden/c.jpg"):
        save(tmp_path / path, PIXELS)
    for name in ("Thumbs.db", "desktop.ini", "notes.txt", "b.DCM", "c.dcm", "d.NEF", "e.mp4"):
        (tmp_path / name).write_bytes(b"x")
    assert listed(tmp_path) == (["a.jpg"], {".dcm": 2, ".nef": 1, ".mp4": 1})


def test_kinds_of_phones_are_listed(tmp_path: Path) -> None:
    names = ["a.HEIC", "b.heif", "c.jxl", "d.mpo", "e.avif"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    assert listed(tmp_path) == (names, {})


def test_a_folder_of_other_kinds_only_says_which(tmp_path: Path) -> None:
    for name in ("a.dcm", "b.dcm", "c.nef"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(HitlError, match=r"that can be read here \(2 \.dcm, 1 \.nef\)"):
        first_image(tmp_path)


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "pictures", tmp_path / "elsewhere"
    save(folder / "z" / "a.jpg", PIXELS)
    save(elsewhere / "b.jpg", PIXELS)
    save(elsewhere / "sub" / "c.jpg", PIXELS)
    (folder / "a-link-to-z").symlink_to(folder / "z")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "linked-again").symlink_to(elsewhere)
    (folder / "a-part-of-it").symlink_to(elsewhere / "sub")
    (folder / "z" / "loop").symlink_to(folder)
    (elsewhere / "back").symlink_to(folder)
    (folder / "to-nowhere").symlink_to(tmp_path / "nothing")
    paths = list(list_images(folder))
    assert paths[0] == "z/a.jpg"
    assert sorted(os.path.realpath(folder / path) for path in paths) == [
        str(elsewhere / "b.jpg"), str(elsewhere / "sub" / "c.jpg"), str(folder / "z" / "a.jpg")
    ]  # fmt: skip


def test_what_came_later_is_added_and_what_is_gone_stays(project: Project, images: Path) -> None:
    save(images / "e.png", PIXELS)
    save(images / "sub" / "f.png", PIXELS)
    (images / "a.png").unlink()
    new, read = refresh(project, QUIET)
    assert new.added == ("e.png", "sub/f.png")
    assert read.read == 2
    assert [i.path for i in project.images.all()][:4] == ["a.png", "b.jpg", "c.png", "sub/d.png"]
    assert project.images.all()[-1].width == 30
    assert refresh(project, QUIET)[0].added == ()


def test_single_images_do_not_bring_their_folder(project: Project, tmp_path: Path) -> None:
    save(tmp_path / "other" / "one.png", PIXELS)
    save(tmp_path / "other" / "two.png", PIXELS)
    project.images.add(project.add_folder(tmp_path / "other", listed=False), ["one.png"])
    assert list_folders(project, QUIET).added == ()


def test_a_folder_that_was_emptied_or_went_away_is_no_error(project: Project, images: Path) -> None:
    for path in [p for p in images.rglob("*") if p.is_file()]:
        path.unlink()
    assert list_folders(project, QUIET).added == ()
    images.rename(images.with_name("away"))
    assert list_folders(project, QUIET).added == ()


def test_a_new_project_tells_what_was_left_out_and_what_is_odd(tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.jpg", PIXELS)
    save(tmp_path / "set" / "@eaDir" / "a.jpg", PIXELS)
    pages = [Image.new("RGB", (9, 8), (n, 0, 0)) for n in range(3)]
    pages[0].save(tmp_path / "set" / "pages.tif", save_all=True, append_images=pages[1:])
    made = new_project(tmp_path / "p.hitl", tmp_path / "set", QUIET)
    assert made.images == 2
    assert made.passed_over == {"@eaDir": 1}
    remark = "The file holds 3 pages; the first one is used, the other 2 pages are left out."
    assert made.remarks == (("pages.tif", remark),)
    with Project.open(tmp_path / "p.hitl") as project:
        assert [i.remark for i in project.images.all()] == [None, remark]
        pages[0].save(tmp_path / "set" / "pages.tif")
        project.db.execute("UPDATE images SET content_hash = NULL")
        scan(project, QUIET)
        assert [i.remark for i in project.images.all()] == [None, None]


def broken_file(folder: Path, kind: str) -> Path:
    path = folder / "c.png"
    path.unlink()
    if kind == "short exif":
        path.write_bytes(with_exif(Image.fromarray(PIXELS), "JPEG", SHORT_EXIF))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR")
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
@pytest.mark.parametrize("kind", ["short exif", "pipe", "folder", "damaged"])
def test_one_image_costs_one_image(project: Project, images: Path, kind: str) -> None:
    broken_file(images, kind)
    project.db.execute("UPDATE images SET content_hash = NULL, width = NULL")
    assert scan(project, QUIET).read == (4 if kind == "short exif" else 3)
    assert [i.path for i in project.images.all() if i.reason] == ([] if kind == "short exif" else ["c.png"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
@pytest.mark.parametrize("kind", ["pipe", "damaged"])
def test_one_image_costs_no_other_one_its_proposals_vectors_or_lessons(
    project: Project, images: Path, kind: str
) -> None:
    broken_file(images, kind)
    done = prelabel(project, QUIET, decoders=1)
    assert (done.done, done.failed) == (3, 1)
    project.images.set_reason(3, None)  # as if nobody knew yet
    cat = project.categories.ensure("cat").id
    for image in project.images.all():
        annotate.draw(project, image.id, [(BBox(4, 4, 20, 20), cat)])
        project.images.set_state(image.id, ImageState.DECIDED)
    assert set(embed_whole_images(project, project.images.all(), QUIET)) == {1, 2, 4}
    project.images.set_reason(3, None)
    assert embed_images(project, project.images.all(), QUIET) >= 3
    project.images.set_reason(3, None)
    train_heads(project, QUIET)
    reason = {i.path: i.reason for i in project.images.all()}
    assert reason.pop("c.png")
    assert set(reason.values()) == {None}


def test_pipes_are_listed_and_said_to_be_no_files(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes on this system")
    save(tmp_path / "a.jpg", PIXELS)
    os.mkfifo(tmp_path / "pipe.jpg")
    with open_path(tmp_path) as project:
        add_folder(project, tmp_path, QUIET)
        ((where, why),) = scan(project, QUIET).unreadable
    assert where == "pipe.jpg"
    assert why.startswith("This is no regular file")
