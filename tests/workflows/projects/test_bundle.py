"""A project as one archive: unpacked elsewhere it has its images, boxes and ids."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import verify
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.annotate import draw
from hitl_desktop.workflows.projects.bundle import write_bundle
from tests.conftest import CancelAt

QUIET = NoProgress()


def test_a_bundle_is_unpacked_anywhere(project: Project, tmp_path: Path) -> None:
    draw(project, 1, [(BBox(1, 1, 5, 5), project.categories.ensure("cat").id)])
    before = (tmp_path / "test.hitl").read_bytes()
    made = write_bundle(project, tmp_path / "b.zip", QUIET, with_images=True)
    assert (made.images, made.remarks) == (4, ())
    there = tmp_path / "elsewhere"
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(there)
    with Project.open(there / "test.hitl") as opened:
        images = opened.images.all()
        assert [i.path for i in images] == [i.path for i in project.images.all()]
        assert all(opened.path_of(i).is_relative_to(there) for i in images)
        assert [verify(opened.path_of(i)) for i in images] == [(i.width, i.height) for i in images]
        assert [a.bbox for a in opened.annotations.of_image(1)] == [(1, 1, 5, 5)]
    assert (tmp_path / "test.hitl").read_bytes() == before


def test_labels_alone_are_small_and_missing_images_are_told(project: Project, tmp_path: Path) -> None:
    alone = write_bundle(project, tmp_path / "labels.zip", QUIET, with_images=False)
    with zipfile.ZipFile(alone.path) as archive:
        assert archive.namelist() == ["test.hitl"]
    project.path_of(project.images.all()[0]).unlink()
    made = write_bundle(project, tmp_path / "b.zip", QUIET, with_images=True)
    assert made.images == 3
    assert made.remarks == ("The files of 1 image are not there, so they are not in it.",)


def test_nothing_is_replaced_and_a_cancelled_one_leaves_nothing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"mine")
    with pytest.raises(HitlError, match="exists already"):
        write_bundle(project, tmp_path / "b.zip", QUIET, with_images=True)
    with pytest.raises(JobCancelled):
        write_bundle(project, tmp_path / "c.zip", CancelAt(2), with_images=True)
    assert [p.name for p in tmp_path.iterdir() if "c.zip" in p.name] == []
