"""What was undone, merged, renamed or hidden is neither stored nor offered any longer, wherever the hands are
by then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.prediction import bulk_accept
from tests.ui.test_window import CTRL, click, drag, key, on_disk, propose, type_name

LEFT = Qt.MouseButton.LeftButton


def cups(window: MainWindow) -> None:
    """A detector found a cup on each image; no category has its name yet."""
    project = window.session.project
    assert project
    model = project.models.ensure("hash", "detector", ("cup",))
    project.models.set_detector(model.id)
    for image_id in project.images.ids():
        one = Detections(np.array([[5.0, 5, 20, 20]]), np.array([[0.8]], np.float32))
        project.predictions.replace(image_id, model.id, one)
    window.session.walk.load_missing_proposals()


def named(window: MainWindow) -> list[str]:
    return [p.name for p in window.session.visible_proposals]


def test_suggestions_of_a_category_that_was_undone_elsewhere_are_gone(window: MainWindow) -> None:
    cups(window)
    drag(window, (40, 5), (60, 25))
    type_name(window, "cup")
    window.session.walk.go_to(3)
    assert named(window) == ["cup"]
    key(window, Qt.Key.Key_Z, CTRL)
    assert named(window) == []
    assert window.session.known.offered == {}
    key(window, Qt.Key.Key_A)
    with on_disk(window) as disk:
        assert disk.annotations.of_image(3) == []


def test_a_category_that_is_typed_is_suggested_when_the_person_asks(window: MainWindow) -> None:
    cups(window)
    window.session.project_acts.add_category("cup")
    assert named(window) == []
    key(window, Qt.Key.Key_R)
    assert named(window) == ["cup"]


def test_nothing_is_accepted_at_once_under_a_category_that_was_undone(window: MainWindow) -> None:
    cups(window)
    window.session.project_acts.add_category("cup")
    project = window.session.project
    assert project
    wanted = bulk_accept.preview(project, "cup", 0.5, NoProgress())
    window.session.history.undo()
    with pytest.raises(HitlError, match="no longer offered"):
        bulk_accept.accept_all(project, wanted)
    assert project.annotations.all() == []


def test_the_receipt_of_one_project_is_gone_when_another_is_opened(
    window: MainWindow, tmp_path: Path, images: Path
) -> None:
    with Project.create(tmp_path / "other.hitl") as other:
        other.add_folder(images)
    key(window, Qt.Key.Key_E)
    assert window.receipt.isVisible()
    window.open_path(tmp_path / "other.hitl")
    assert not window.receipt.isVisible()


def test_an_unnamed_box_on_a_decided_image_makes_it_to_do_again(window: MainWindow) -> None:
    key(window, Qt.Key.Key_E)
    key(window, Qt.Key.Key_P)
    assert window.session.at_hand == 1
    drag(window, (10, 10), (30, 30))
    with on_disk(window) as disk:
        assert disk.images.statuses()[1] == "undecided"
    window.controller.name_at_box.hide()
    key(window, Qt.Key.Key_Z, CTRL)
    with on_disk(window) as disk:
        assert disk.images.statuses()[1] == "decided"
        assert disk.annotations.of_image(1) == []


def test_a_box_without_a_category_is_asked_about_before_an_image_is_called_empty(window: MainWindow) -> None:
    drag(window, (10, 10), (30, 30))
    key(window, Qt.Key.Key_E)
    assert window.session.at_hand == 1
    assert "1 box without a category" in window.news.text()
    assert [item.label for item in window.canvas.selection.items] == ["unnamed"]


def test_unknown_objects_leave_the_category_of_the_next_box_alone(window: MainWindow) -> None:
    window.session.project_acts.add_category("cell")
    drag(window, (10, 10), (30, 30))
    click(window, (20, 20))
    key(window, Qt.Key.Key_U)
    assert [item.label for item in window.canvas.items] == ["unknown"]
    assert window.canvas.next_label == "cell"
    key(window, Qt.Key.Key_Z, CTRL)
    assert [item.label for item in window.canvas.items] == ["cell"]
    assert window.canvas.next_label == "cell"
    key(window, Qt.Key.Key_Escape)
    key(window, Qt.Key.Key_U)
    assert "Select a box first" in window.news.text()
    assert list(window.session.known.offered.values()) == ["cell"]


def test_undo_of_a_new_category_goes_back_to_the_one_before(window: MainWindow) -> None:
    for name in ("red", "white", "platelet"):
        window.session.project_acts.add_category(name)
    key(window, Qt.Key.Key_2)
    window.session.project_acts.add_category("dust")
    assert window.canvas.next_label == "dust"
    key(window, Qt.Key.Key_Z, CTRL)
    assert window.canvas.next_label == "white"


def test_suggestions_that_are_hidden_are_not_accepted(window: MainWindow) -> None:
    propose(window)
    click(window, (10, 10))
    key(window, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    key(window, Qt.Key.Key_A)
    assert window.session.at_hand == 1
    assert "1 suggestion hidden" in window.news.text()
    window.controller.show_hidden()
    key(window, Qt.Key.Key_A)
    with on_disk(window) as disk:
        assert len(disk.annotations.of_image(1)) == 3


def test_no_category_takes_the_name_of_boxes_without_one(window: MainWindow) -> None:
    window.session.project_acts.add_category("cell")
    project = window.session.project
    assert project
    (cell,) = project.categories.all()
    from dataclasses import replace

    with pytest.raises(HitlError, match="kept for boxes without a category"):
        project.categories.update(replace(cell, name="(unnamed)"))
    assert project.categories.unnamed_id() is None


def test_the_name_field_follows_its_box_and_forgets_what_was_meant_for_another(window: MainWindow) -> None:
    drag(window, (10, 10), (30, 30))
    field = window.controller.name_at_box
    before = field.pos()
    QTest.keyClicks(field, "red")
    window.canvas.camera.zoom(2.0)
    assert field.pos() != before
    assert (
        field.y() >= window.canvas.camera.viewport.to_view(10, 30)[1]
        or field.geometry().bottom() <= window.canvas.height()
    )
    window.canvas.camera.fit()
    drag(window, (40, 10), (60, 30))
    assert field.text() == ""


def test_a_notice_is_never_wider_than_the_window(window: MainWindow) -> None:
    window.receipt.show_text("a very long notice " * 40, "Undo")
    assert window.receipt.x() >= 0
    assert window.receipt.geometry().right() <= window.width()
    assert window.receipt.button.isVisible()


def test_undo_of_unnamed_boxes_takes_the_field_away_that_asks_for_their_name(window: MainWindow) -> None:
    session, field = window.session, window.controller.name_at_box
    session.set_category(None)
    drag(window, (10, 10), (30, 30))
    assert field.isVisible()
    session.history.undo()
    assert not session.annotations
    assert not field.isVisible()
