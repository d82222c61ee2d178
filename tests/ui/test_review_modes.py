"""Review modes: they take the place of labelling, in a frame of their own, and give it back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.label_issues import LIKELY_FROM, Kind, LabelIssue
from hitl_desktop.ui.canvas.camera import Camera
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.quality.audit_mode import AuditMode
from hitl_desktop.ui.quality.label_error_panel import LabelErrorPanel
from hitl_desktop.ui.queue.queue_model import IMAGE_ID
from hitl_desktop.ui.review.crop_list import CropList, Entry
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.theme.tokens import DARK, LIGHT, REVIEW_FRAME, REVIEWS, contrast

LONG = 20_000
PLACE = BBox(5, 5, 8, 8)


@pytest.fixture
def decided(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    project = window.session.project
    assert project
    category = project.categories.ensure("thing")
    for image in project.images.all():
        project.annotations.add([Annotation(0, image.id, category.id, PLACE)])
        project.images.set_state(image.id, ImageState.DECIDED)
    window.session.walk.apply_changes(Changes(categories=True, images=True, queue=True))
    monkeypatch.setattr(window.audit_acts.ask, "choice", lambda _title, _label, options: options[0])
    return window


def suspect(window: MainWindow, *scores: float) -> None:
    """Store a suspicion about a box of the last images, one each."""
    project = window.session.project
    assert project
    images = [image.id for image in project.images.all()][-len(scores) :]
    category = project.categories.all()[0].id
    project.label_issues.replace_open(
        images,
        [
            LabelIssue(image_id, Kind.PLACE, score, PLACE, category, BBox(7, 7, 8, 8), category)
            for image_id, score in zip(images, scores, strict=True)
        ],
    )


def label_errors(window: MainWindow, qtbot: QtBot) -> LabelErrorPanel:
    window.actions_["label_errors"].trigger()
    mode = window.error_acts.mode
    assert mode is not None
    qtbot.waitUntil(lambda: mode.has_any, timeout=LONG)
    return mode


def audit(window: MainWindow, qtbot: QtBot) -> AuditMode:
    window.actions_["audit"].trigger()
    qtbot.waitUntil(lambda: window.audit_acts.mode is not None, timeout=LONG)
    mode = window.audit_acts.mode
    assert mode is not None
    return mode


def test_a_mode_takes_the_place_of_labelling_and_gives_it_back(decided: MainWindow, qtbot: QtBot) -> None:
    window = decided
    shown = window.session.at_hand
    assert window.queue.isVisible()
    mode = audit(window, qtbot)
    assert mode.isVisible()
    assert mode.window() is window
    assert "Audit" in [label.text() for label in mode.findChildren(QLabel)]
    for away in (window.canvas, window.queue, window.inspector, window.action_bar):
        assert not away.isVisible()
    for name in ("accept_picture", "undo", "next", "learn"):
        assert not window.actions_[name].isEnabled(), name
    assert window.actions_["palette"].isEnabled()
    qtbot.keyClick(mode, Qt.Key.Key_Escape)
    assert window.audit_acts.mode is None
    for back in (window.canvas, window.queue, window.inspector, window.action_bar):
        assert back.isVisible()
    assert window.actions_["accept_picture"].isEnabled()
    assert window.session.at_hand == shown
    assert window.canvas.hasFocus() or not window.isActiveWindow()


def test_one_mode_is_left_for_another(decided: MainWindow, qtbot: QtBot) -> None:
    window = decided
    suspect(window, 0.99)
    panel = label_errors(window, qtbot)
    assert panel.isVisible()
    assert not window.queue.isVisible()
    assert window.canvas.isVisible()
    window.actions_["audit"].trigger()
    qtbot.waitUntil(lambda: window.audit_acts.mode is not None, timeout=LONG)
    assert window.error_acts.mode is None
    assert window.audit_acts.mode is not None
    window.audit_acts.mode.close()
    assert window.queue.isVisible()


def test_the_window_is_as_wide_after_a_mode_as_before(decided: MainWindow, qtbot: QtBot) -> None:
    window = decided
    window.resize(1150, 700)
    before = window.size()
    window.actions_["audit"].trigger()
    qtbot.waitUntil(lambda: window.audit_acts.mode is not None, timeout=LONG)
    assert window.size() == before
    window.audit_acts.close()
    assert window.size() == before == QSize(1150, 700)


def test_label_errors_are_a_queue_beside_the_image_which_is_framed_and_zoomed(
    decided: MainWindow, qtbot: QtBot
) -> None:
    window = decided
    suspect(window, 0.99, 0.95)
    before = window.session.at_hand
    panel = label_errors(window, qtbot)
    first = panel.current
    assert first is not None
    assert first.score == 0.99
    qtbot.waitUntil(lambda: window.canvas.has_image, timeout=LONG)
    assert window.session.at_hand == first.image_id != before
    assert window._pages.property("review") == ReviewKind.LABEL_ISSUES.code
    assert window.canvas.x() == REVIEW_FRAME
    qtbot.waitUntil(lambda: not panel.list.item(0).icon().pixmap(48, 48).toImage().allGray(), timeout=LONG)
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert panel.current is not None
    assert window.session.at_hand == panel.current.image_id != first.image_id
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert "1 answered, errors among them: 1." in panel.words.text()
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert not panel.has_any
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert window.session.at_hand == before
    assert window._pages.property("review") == ""
    assert window.queue.isVisible()


@pytest.mark.parametrize(
    ("bbox", "scale", "centre"),
    [
        (BBox(100, 100, 100, 50), 500 / 100 / 3, (150, 125)),  # a third of the view
        (BBox(700, 300, 2, 2), 8.0, (701, 301)),  # no more than eightfold
        (BBox(100, 100, 600, 500), 0.47, (500, 400)),  # the whole image
    ],
)
def test_the_camera_shows_a_box_with_what_is_around_it(
    bbox: BBox, scale: float, centre: tuple[float, float]
) -> None:
    camera = Camera(lambda: (500, 400), lambda: None)
    camera.show((1000, 800), is_there=True)
    camera.zoom_to_box(bbox)
    assert camera.viewport.scale == pytest.approx(scale)
    assert camera.viewport.to_image(250, 200) == pytest.approx(centre)


def test_a_box_is_shown_as_soon_as_its_image_is_there_and_not_on_the_next_one(window: MainWindow) -> None:
    canvas, large = window.canvas, QImage(1000, 800, QImage.Format.Format_RGB888)
    canvas.show_image((), (0, 0))
    canvas.camera.zoom_to_box(BBox(100, 100, 50, 50))
    canvas.show_image((large,), (1000, 800))
    assert canvas.camera.to_image(QPointF(canvas.rect().center())) == pytest.approx((125, 125), abs=1)
    canvas.show_image((large,), (1000, 800))
    assert canvas.camera.is_fitted


def test_weak_label_errors_are_listed_when_they_are_asked_for(decided: MainWindow, qtbot: QtBot) -> None:
    suspect(decided, 0.99, LIKELY_FROM[Kind.PLACE] - 0.01)
    panel = label_errors(decided, qtbot)
    assert panel.list.count() == 1
    assert panel.more.text() == "Show 1 weaker ones"
    panel.more.click()
    assert panel.list.count() == 2
    assert not panel.more.isVisible()


def test_undo_in_the_list_is_about_the_list(decided: MainWindow, qtbot: QtBot) -> None:
    suspect(decided, 0.99)
    panel = label_errors(decided, qtbot)
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert panel.list.count() == 0
    qtbot.keyClick(panel.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: panel.list.count() == 1, timeout=LONG)


def test_a_judged_image_of_the_audit_is_judged_anew_by_a_click_on_it(
    decided: MainWindow, qtbot: QtBot
) -> None:
    window = decided
    mode = audit(window, qtbot)
    qtbot.waitUntil(lambda: mode.canvas.has_image, timeout=LONG)
    first = mode.image_id
    for key in (Qt.Key.Key_Space, Qt.Key.Key_2, Qt.Key.Key_Return):
        qtbot.keyClick(mode, key)
    crops = mode.findChildren(CropList)[0]
    assert [crops.item(row).text() for row in range(crops.count())] == ["✗ a wrong category", "being judged"]
    crops.row_clicked.emit(0)
    assert mode.image_id == first
    qtbot.waitUntil(lambda: mode.canvas.has_image, timeout=LONG)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
        qtbot.keyClick(mode, key)
    assert [crops.item(row).text() for row in range(crops.count())] == ["✓ right", "being judged"]


def test_an_image_that_cannot_be_read_is_listed_without_a_crop(
    decided: MainWindow, qtbot: QtBot, images: Path
) -> None:
    project = decided.session.project
    assert project
    gone, there = project.images.all()[:2]
    (images / gone.path).unlink()
    crops = CropList("Boxes", decided.session.jobs)
    qtbot.addWidget(crops)
    crops.show_entries([Entry(1, gone.id, PLACE, "gone"), Entry(2, there.id, PLACE, "there")])
    crops.show()

    def is_empty(row: int) -> bool:
        image = crops.item(row).icon().pixmap(48, 48).toImage()
        return image.pixelColor(image.rect().center()).alpha() == 0

    qtbot.waitUntil(lambda: not is_empty(1), timeout=LONG)
    assert is_empty(0)
    crops.end()


def test_each_mode_has_a_frame_that_is_seen_and_an_icon_of_its_own() -> None:
    assert {kind.code for kind in ReviewKind} == set(REVIEWS)
    assert len({kind.icon for kind in ReviewKind}) == len(ReviewKind)
    assert REVIEW_FRAME >= 3
    for theme in (LIGHT, DARK):
        frames = [getattr(theme, f"review_{code}") for code in REVIEWS]
        assert len(set(frames)) == len(frames)
        assert [c for c in frames if contrast(c, theme.surface) < 3] == []


def test_an_image_of_a_finished_audit_is_corrected_by_a_click_on_it(
    decided: MainWindow, qtbot: QtBot
) -> None:
    window = decided
    mode = audit(window, qtbot)
    judged: list[int] = []
    while not mode.save.isVisible():
        qtbot.waitUntil(lambda: mode.canvas.has_image, timeout=LONG)
        judged.append(mode.image_id)
        for key in (Qt.Key.Key_Space, Qt.Key.Key_1, Qt.Key.Key_Return):
            qtbot.keyClick(mode, key)
    mode.findChildren(CropList)[0].row_clicked.emit(1)
    assert window.audit_acts.mode is None
    assert window.session.at_hand == judged[1]
    assert window.canvas.isVisible()


def test_after_a_fix_the_image_of_the_next_label_error_is_shown(decided: MainWindow, qtbot: QtBot) -> None:
    window = decided
    suspect(window, 0.95, 0.99)
    panel = label_errors(window, qtbot)
    first = panel.current
    assert first is not None
    panel.mend.click()
    second = panel.current
    assert second is not None
    assert window.session.at_hand == second.image_id != first.image_id


def test_escape_on_the_image_leaves_a_mode_beside_it(window: MainWindow) -> None:
    mode = ReviewMode(ReviewKind.LABEL_ISSUES, "Beside", is_beside=True)
    mode.left.connect(lambda: window.modes.leave(mode))
    window.modes.enter_beside(mode)
    assert window.modes.is_beside
    assert not window.action_bar.skip.isEnabled()
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not window.modes.is_beside
    assert window.action_bar.skip.isEnabled()


def test_the_menu_of_another_row_leaves_the_image_at_hand_marked(window: MainWindow, qtbot: QtBot) -> None:
    rows = window.queue.list
    place = rows.visualRect(rows.model().index(2, 0)).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.RightButton, pos=place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, rows.viewport().mapToGlobal(place))
    QApplication.sendEvent(rows.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert rows.currentIndex().row() == 2
    skip = next(entry for entry in menu.actions() if entry.text().replace("&", "") == "Skip selected")
    skip.trigger()  # it is about the row of the menu, not the image at hand
    assert window.session.image_list.statuses[rows.model().index(2, 0).data(IMAGE_ID)] == "skipped"
    menu.close()
    assert window.session.image
    at_hand = window.queue.model.index_of(window.session.image.id)
    qtbot.waitUntil(lambda: rows.currentIndex() == at_hand)
