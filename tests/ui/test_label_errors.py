"""Possible label errors, through the window: the list, the image it leads to, and the keys that mend and
dismiss."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.label_issues import Kind
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.texts import LABEL_ISSUE_TEXT
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.quality.label_error_panel import LabelErrorPanel
from hitl_desktop.workflows.annotation import annotate
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.label_issues import open_issues
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.projects.new_project import new_project

LONG = 60_000


@pytest.fixture
def corrupted(tmp_path: Path, dataset: Path) -> Path:
    """A project of imported labels of which one has another's name, and one is missing."""
    shutil.copytree(dataset, tmp_path / "set")
    file = tmp_path / "p.hitl"
    new_project(file, tmp_path / "set" / "images", NoProgress(), coco=tmp_path / "set" / "instances.json")
    with Project.open(file, background=True) as project:
        prelabel(project, NoProgress(), threads=1)
        boxes = [project.annotations.of_image(image.id)[0] for image in project.images.all()[:2]]
        ids = [c.id for c in project.categories.all()]
        other = ids[(ids.index(boxes[0].category_id) + 1) % len(ids)]
        annotate.revise(project, [Revision(boxes[0], category_id=other)])
        annotate.remove(project, [boxes[1]])
    return file


def shown(window: MainWindow, qtbot: QtBot) -> LabelErrorPanel:
    window.actions_["label_errors"].trigger()
    dialog = window.error_acts.mode
    assert dialog is not None  # at once
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: dialog.has_any, timeout=LONG)
    return dialog


def test_the_list_leads_to_images_and_its_keys_mend_dismiss_and_undo(
    window: MainWindow, qtbot: QtBot, corrupted: Path
) -> None:
    window.open_path(corrupted)
    qtbot.waitUntil(lambda: len(window.session.image_list.statuses) == 12, timeout=LONG)
    project = window.session.project
    assert project
    dialog = shown(window, qtbot)
    dialog.kind.setCurrentText(Kind.CATEGORY.value)
    first = dialog.current
    assert first is not None
    assert first.kind is Kind.CATEGORY
    assert window.session.image is not None
    assert window.session.image.id == first.image_id
    selected = window.canvas.selection.last
    assert selected is not None
    assert selected.bbox == first.bbox

    state = window.session.image.state
    for name in ("accept_picture", "mark_empty", "skip"):  # it goes from image to image by itself
        assert not window.actions_[name].isEnabled()
    QTest.keyClick(window.canvas, Qt.Key.Key_A)
    assert window.session.image.id == first.image_id
    assert window.session.image.state is state
    count = dialog.list.count()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    names = {a.bbox: a.category_id for a in project.annotations.of_image(first.image_id)}
    assert names[first.bbox] == first.suggested_category_id
    assert dialog.list.count() == count - 1
    second = dialog.current
    assert second is not None
    qtbot.keyClick(dialog.list, Qt.Key.Key_Delete)
    assert second.id not in {s.id for s in open_issues(project)}
    assert dialog.list.count() == count - 2

    dialog.undo_asked.emit()  # the dismissal, nothing else
    qtbot.waitUntil(lambda: dialog.list.count() == count - 1, timeout=LONG)
    assert second.id in {s.id for s in open_issues(project)}
    names = {a.bbox: a.category_id for a in project.annotations.of_image(first.image_id)}
    assert names[first.bbox] == first.suggested_category_id
    dialog.undo_asked.emit()
    qtbot.waitUntil(lambda: dialog.list.count() == count, timeout=LONG)
    names = {a.bbox: a.category_id for a in project.annotations.of_image(first.image_id)}
    assert names[first.bbox] == first.category_id
    before = project.annotations.all()
    dialog.undo_asked.emit()
    assert project.annotations.all() == before
    assert window.loop.learning.unlearned  # the mend was noted

    dialog.kind.setCurrentText(LABEL_ISSUE_TEXT[Kind.MISSED])
    missed = dialog.current
    assert missed is not None
    assert missed.bbox is None
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert missed.suggested_bbox in {a.bbox for a in project.annotations.of_image(missed.image_id)}

    dialog.kind.setCurrentIndex(0)
    listed = dialog.current
    assert listed is not None
    count, here = dialog.list.count(), window.session.image
    own = [n for n in range(count) if dialog._shown[n].image_id == listed.image_id]
    window.session.acts.remove(
        window.session.annotations
    )  # by hand: what was suspected of them is gone, nobody moves on
    assert here is not None
    assert window.session.image is not None
    assert window.session.image.id == here.id
    assert dialog.list.count() < count
    assert own
    dialog.close()
    assert window.error_acts.mode is None


def test_a_project_with_little_says_what_is_missing(window: MainWindow, qtbot: QtBot) -> None:
    warnings: list[str] = []
    window.messages.warning.connect(warnings.append)
    window.actions_["label_errors"].trigger()
    qtbot.waitUntil(lambda: bool(warnings), timeout=LONG)
    assert "Pre-label with the bundled detector first" in warnings[0]
    assert window.error_acts.mode is None
