"""Toolbar, action bar, context bar, first page: what the mouse finds there is what the keys do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QCursor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QMenu, QToolTip
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.project import Project
from hitl_desktop.ui.keys.action_table import Menu
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.shell.action_bar import time_left
from hitl_desktop.ui.shell.recent import RecentProject, note_project, recent_projects
from hitl_desktop.ui.theme import icons
from hitl_desktop.ui.theme.style import apply_theme
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.quality.threshold_advice import StartThreshold
from tests.ui.conftest import MakeWindow, reopened

LEFT = Qt.MouseButton.LeftButton


def at(window: MainWindow, x: float, y: float) -> QPoint:
    view = window.canvas.camera.viewport.box_to_view(BBox(x, y, 0, 0))
    return QPointF(view.x, view.y).toPoint()


def with_boxes(window: MainWindow) -> None:
    cat = window.session.project_acts.add_category("cat")
    assert cat is not None
    window.session.acts.draw([(BBox(5, 5, 20, 20), cat), (BBox(40, 30, 20, 20), cat)])


def test_the_large_button_names_what_it_does_and_decides(window: MainWindow) -> None:
    assert not window.action_bar.accept.isEnabled()  # nothing to accept: that would be Empty
    with_boxes(window)
    first = window.session.image
    assert window.action_bar.accept.text() == "Done && next  A"
    QTest.mouseClick(window.action_bar.accept, LEFT)
    assert window.session.image != first
    assert window.action_bar.share.text() == "1 of 4 done"


def test_the_select_tool_moves_what_it_begins_on_and_selects_what_it_goes_around(window: MainWindow) -> None:
    with_boxes(window)
    window.actions_["tool_select"].trigger()
    assert window.actions_["tool_select"].isChecked()
    QTest.mousePress(window.canvas, LEFT, pos=at(window, 15, 15))
    QTest.mouseMove(window.canvas, at(window, 20, 20))
    QTest.mouseMove(window.canvas, at(window, 25, 20))
    QTest.mouseRelease(window.canvas, LEFT, pos=at(window, 25, 20))
    moved, other = window.session.annotations
    assert len(window.session.annotations) == 2
    assert moved.bbox.x > 13
    assert other.bbox == BBox(40, 30, 20, 20)
    window.canvas.selection.select(None)
    QTest.mousePress(window.canvas, LEFT, pos=at(window, 1, 1))
    QTest.mouseMove(window.canvas, at(window, 30, 30))
    QTest.mouseMove(window.canvas, at(window, 75, 55))
    QTest.mouseRelease(window.canvas, LEFT, pos=at(window, 75, 55))
    assert len(window.canvas.selection.keys) == 2
    window.actions_["tool_box"].trigger()
    QTest.mousePress(window.canvas, LEFT, pos=at(window, 1, 1))
    QTest.mouseMove(window.canvas, at(window, 10, 3))
    QTest.mouseMove(window.canvas, at(window, 12, 4))
    QTest.mouseRelease(window.canvas, LEFT, pos=at(window, 12, 4))
    assert len(window.session.annotations) == 3


def test_the_bar_at_the_selection_deletes_and_goes_with_it(window: MainWindow) -> None:
    with_boxes(window)
    assert not window.context_bar.isVisible()
    window.canvas.selection.select(window.canvas.items[0].key)
    assert window.context_bar.isVisible()
    assert not window.context_bar.accept.isVisible()  # a person's own box
    assert window.canvas.rect().contains(window.context_bar.geometry())
    QTest.mouseClick(window.context_bar.remove, LEFT)
    assert [a.bbox for a in window.session.annotations] == [BBox(40, 30, 20, 20)]
    assert not window.context_bar.isVisible()


def test_the_right_button_offers_the_commands_of_what_is_under_it(window: MainWindow) -> None:
    with_boxes(window)
    window.context_bar.show_menu(at(window, 50, 40))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert window.actions_["remove_box"] in menu.actions()
    assert [item.bbox for item in window.canvas.selection.items] == [BBox(40, 30, 20, 20)]
    menu.close()
    window.context_bar.show_menu(at(window, 70, 5))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert window.actions_["accept_picture"] in menu.actions()
    assert window.canvas.selection.items == []
    menu.close()


def test_a_double_click_asks_for_the_category_of_that_box(window: MainWindow) -> None:
    with_boxes(window)
    QTest.mouseDClick(window.canvas, LEFT, pos=at(window, 50, 40))
    assert [item.bbox for item in window.canvas.selection.items] == [BBox(40, 30, 20, 20)]
    assert len(window.session.annotations) == 2


def test_the_model_panel_is_folded_into_its_chip(window: MainWindow) -> None:
    popover = window.model_chip.popover
    assert "Not trained yet" in window.toolbar.model.text()
    QTest.mouseClick(window.toolbar.model, LEFT)
    assert popover.isVisible()
    assert not window.model_panel.isVisible()
    assert popover.sentence.text() == "Not trained yet. The detector's own suggestions are shown."
    assert popover.detector.text() == "No detector has run yet."
    assert not popover.sparkline.isVisible()
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    assert not popover.isVisible()
    QTest.mouseClick(window.toolbar.model, LEFT)
    QTest.mouseClick(popover.details, LEFT)
    assert not popover.isVisible()
    assert window.model_panel.isVisible()
    QTest.mouseClick(popover.details, LEFT)
    assert not window.model_panel.isVisible()


def test_the_popover_shows_how_right_each_version_was_before_training(window: MainWindow) -> None:
    project = window.session.project
    assert project
    encoder = project.models.ensure("encoder", "encoder").id
    head = ClassificationHead(
        np.array([1]), np.zeros(4, np.float32), np.zeros((4, 2), np.float32), np.zeros(2, np.float32),
        np.ones(2, np.float32), 0.5,
    ).to_bytes()  # fmt: skip
    for right in (0, 6, 9):
        measured = HeadSummary(
            4, 9, 1, first_sight_right=right, first_sight_total=10 * bool(right), first_sight_objects=10,
            first_sight_low=0.4, first_sight_high=0.97,
        )  # fmt: skip
        version = project.heads.add(encoder, head, measured)
    project.heads.activate(version)
    waiting = project.heads.add(encoder, head, HeadSummary(5, 9, 1), waits="worse")
    window.session.walk.apply_changes(Changes(head=True))
    popover = window.model_chip.popover
    popover.open_below(window.toolbar.model)
    assert popover.sentence.text() == (
        f"Version {version}, trained on 4 images: 90% right before training "
        "(9 of 10 suggestions, likely 40% to 97%), of 10 objects there."
    )
    assert popover.sparkline.shares == [0.6, 0.9]  # the first one was not measured
    assert "90% of 10" in popover.sparkline.accessibleDescription()
    assert popover.next.text() == f"Version {waiting} was trained and is not used yet."
    popover.hide()


def test_the_first_page_lists_what_was_open_last_and_opens_it(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    with_boxes(window)
    window.session.acts.accept_image()
    assert window.session.project
    path = window.session.project.path
    window.close()
    again = make_window()
    assert [again.welcome.list.item(n).text() for n in range(again.welcome.list.count())] == [
        f"{path.stem}\n1 of 4 images done"
    ]
    again.welcome.list.itemActivated.emit(again.welcome.list.item(0))
    qtbot.waitUntil(lambda: again.session.is_open)
    assert again.session.project
    assert again.session.project.path == path


def test_damaged_and_vanished_entries_are_left_out(tmp_path: Path) -> None:
    there = tmp_path / "there.hitl"
    there.write_bytes(b"")
    note_project(RecentProject(str(tmp_path / "gone.hitl"), 1, 2))
    note_project(RecentProject(str(there), 3, 4))
    note_project(RecentProject(str(there), 4, 4))
    assert recent_projects() == [RecentProject(str(there), 4, 4)]


def test_the_time_left_is_that_of_the_latest_decisions() -> None:
    assert time_left(10, [60.0, 60.0]) == ""  # too few
    assert time_left(0, [60.0] * 3) == ""
    assert time_left(30, [50.0, 60.0, 70.0]) == "~30 min left"
    assert time_left(33, [60.0] * 3) == "~35 min left"  # it does not jump with every image
    assert time_left(1, [20.0] * 3) == "< 1 min left"
    assert time_left(240, [60.0] * 3) == "~4 h left"


@pytest.mark.parametrize(("size", "share"), [((1280, 720), 0.6), ((1920, 1080), 0.7)])
def test_most_of_the_window_is_the_image(
    make_window: MakeWindow, images: Path, qtbot: QtBot, size: tuple[int, int], share: float
) -> None:
    apply_theme("light")
    window = make_window()
    window.resize(*size)
    window.open_path(images)
    qtbot.waitUntil(lambda: window.session.is_open and window.canvas.has_image)
    qtbot.waitUntil(lambda: not window.runner.jobs)
    assert window.size().toTuple() == size
    for card in (window.guide.question, window.guide.hints):
        qtbot.wait(1)
        assert card.isVisible()  # it takes nothing from the image
        assert window.canvas.width() * window.canvas.height() / (size[0] * size[1]) >= share
        card.dismiss()
    qtbot.wait(1)
    assert window.canvas.width() * window.canvas.height() / (size[0] * size[1]) >= share


def test_a_smaller_window_takes_its_width_from_the_panels(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1900, 1000)
    window.resizeDocks(window.findChildren(QDockWidget, "Queue"), [500], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: window.queue.width() > 450)
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: window.queue.width() <= 200)


def test_a_layout_of_a_narrow_window_is_no_width_for_a_wide_one(
    make_window: MakeWindow, images: Path, qtbot: QtBot
) -> None:
    window = make_window()
    window.resize(800, 600)
    window.open_path(images)
    qtbot.waitUntil(lambda: window.session.is_open)
    project = window.session.project
    assert project is not None
    path = project.path
    window.close()
    again = make_window()
    again.resize(1280, 720)
    again.open_path(path)
    qtbot.waitUntil(lambda: again.session.is_open and again.queue.isVisible())
    qtbot.waitUntil(lambda: 175 <= again.queue.width() <= 200)


def test_a_review_mode_gives_the_panels_their_widths_back(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    qtbot.wait(1)
    before = window.queue.width(), window.inspector.width()
    mode = ReviewMode(ReviewKind.LABEL_ISSUES, "Wide", is_beside=True)
    mode.setMinimumWidth(420)
    window.modes.enter_beside(mode)
    qtbot.waitUntil(lambda: mode.width() >= 420)
    window.modes.leave(mode)
    qtbot.waitUntil(lambda: (window.queue.width(), window.inspector.width()) == before)


def test_one_key_gives_the_image_the_window_and_brings_the_panels_back(window: MainWindow) -> None:
    assert window.queue.isVisible()
    window.actions_["image_only"].trigger()
    assert not window.queue.isVisible()
    assert not window.inspector.isVisible()
    window.actions_["image_only"].trigger()
    assert window.queue.isVisible()
    assert window.inspector.isVisible()
    assert not window.model_panel.isVisible()  # it was not there before


def test_each_hint_is_shown_at_its_act_and_once(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window.guide.question.dismiss()
    assert window.guide.hints.isVisible()
    assert "Drag around an object" in window.guide.hints.label.text()
    with_boxes(window)
    assert "press A" in window.guide.hints.label.text()
    QTest.mouseClick(window.guide.hints.dismiss_button, LEFT)
    assert not window.guide.hints.isVisible()
    assert window.session.project
    path = window.session.project.path
    window.close()
    again = make_window()
    again.open_path(path)
    qtbot.waitUntil(lambda: again.session.is_open and again.canvas.has_image)
    assert not again.guide.hints.isVisible()  # on an untouched image, too


def test_long_texts_do_not_widen_the_window(window: MainWindow) -> None:
    apply_theme("light")
    window.resize(1280, 720)
    narrowest = window.minimumSizeHint().width()
    window.session.set_category(window.session.project_acts.add_category("c" * 200))
    window.action_bar.share.setText("12 of 40 done, about 30 minutes left" * 3)
    window.action_bar.why.setText("Why now: " + "x" * 300)
    window.guide.hints.label.setText("h" * 300)
    assert window.minimumSizeHint().width() <= max(narrowest, 1000)
    assert window.action_bar.minimumSizeHint().width() <= 900


def test_the_list_counts_what_is_to_do_and_done(window: MainWindow) -> None:
    state = window.queue.state
    assert [state.tabText(n) for n in range(4)] == ["All\n4", "To do\n4", "Done\n0", "Skipped\n0"]
    assert not state.isTabVisible(4)
    with_boxes(window)
    window.session.acts.accept_image()
    assert [state.tabText(n) for n in range(3)] == ["All\n4", "To do\n3", "Done\n1"]
    assert state.tabToolTip(1) == "To do: 3"


def drag(window: MainWindow, start: QPoint, end: QPoint, *, release: bool = True) -> None:
    QTest.mousePress(window.canvas, LEFT, pos=start)
    QTest.mouseMove(window.canvas, (start + end) / 2)
    QTest.mouseMove(window.canvas, end)
    if release:
        QTest.mouseRelease(window.canvas, LEFT, pos=end)


def test_the_bar_follows_its_box_and_is_out_of_the_way_of_drags(window: MainWindow) -> None:
    with_boxes(window)
    window.canvas.selection.click(window.canvas.items[0].key)
    before = window.context_bar.pos()
    drag(window, at(window, 15, 15), at(window, 35, 15), release=False)
    assert not window.context_bar.isVisible()
    QTest.mouseRelease(window.canvas, LEFT, pos=at(window, 35, 15))
    assert window.context_bar.isVisible()
    assert window.context_bar.x() > before.x()
    window.canvas.set_hidden(True)
    assert not window.context_bar.isVisible()
    window.canvas.set_hidden(False)
    window.session.history.undo()
    assert window.context_bar.pos() == before


def test_the_right_button_gives_up_what_the_left_one_began(window: MainWindow) -> None:
    with_boxes(window)
    drag(window, at(window, 1, 1), at(window, 4, 60), release=False)
    QTest.mousePress(window.canvas, Qt.MouseButton.RightButton, pos=at(window, 4, 60))
    window.context_bar.show_menu(at(window, 4, 60))
    assert QApplication.activePopupWidget() is None
    QTest.mouseRelease(window.canvas, LEFT, pos=at(window, 4, 60))
    assert len(window.session.annotations) == 2


def test_the_name_field_stands_where_the_bar_would(window: MainWindow) -> None:
    with_boxes(window)
    QTest.mouseDClick(window.canvas, LEFT, pos=at(window, 50, 40))
    field = window.controller.name_at_box
    assert field.isVisible() != window.context_bar.isVisible()
    if field.isVisible():
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert window.context_bar.isVisible()


def test_panels_come_back_whatever_was_opened_meanwhile(window: MainWindow) -> None:
    window.actions_["image_only"].trigger()
    window.model_chip.popover.details.click()
    window.actions_["image_only"].trigger()
    window.actions_["image_only"].trigger()
    assert window.queue.isVisible()
    assert window.inspector.isVisible()
    assert window.model_panel.isVisible()


def test_the_select_tool_is_put_away_by_its_key_and_by_drawing_commands(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_V)
    assert window.actions_["tool_select"].isChecked()
    QTest.keyClick(window.canvas, Qt.Key.Key_V)
    assert window.actions_["tool_box"].isChecked()
    QTest.keyClick(window.canvas, Qt.Key.Key_V)
    window.actions_["draw_by_corners"].trigger()
    assert window.actions_["tool_box"].isChecked()
    assert window.canvas.pointer_tool.draws


def test_the_swatch_of_the_category_outlives_another_theme_and_icons_are_kept_once(
    window: MainWindow,
) -> None:
    with_boxes(window)
    before = window.toolbar.category.icon().pixmap(14, 14).toImage()
    kept = len(icons._setters)
    for _ in range(5):
        window.model_chip._show()
    assert len(icons._setters) <= kept
    window.actions_["theme_dark"].trigger()
    try:
        assert window.toolbar.category.icon().pixmap(14, 14).toImage() == before
    finally:
        apply_theme("light")


def test_the_menu_key_is_about_the_selected_box_and_leaves_it_selected(window: MainWindow) -> None:
    cat = window.session.project_acts.add_category("cat")
    assert cat is not None
    window.session.acts.draw([(BBox(5, 5, 20, 20), cat)])
    window.canvas.selection.select(window.canvas.items[0].key)
    middle = window.canvas.rect().center()
    by_key = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, window.canvas.mapToGlobal(middle))
    QApplication.sendEvent(window.canvas, by_key)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert window.actions_["remove_box"] in menu.actions()
    assert [item.bbox for item in window.canvas.selection.items] == [BBox(5, 5, 20, 20)]
    menu.close()


def test_the_menu_of_categories_leads_to_those_it_has_no_room_for(window: MainWindow) -> None:
    for n in range(30):
        window.session.project_acts.add_category(f"category {n}")
    window.activateWindow()
    menu = window.toolbar.category.menu()
    menu.aboutToShow.emit()
    assert menu.actions()[-1].text() == "More...\tC"
    menu.actions()[-1].trigger()
    assert window.inspector.name.hasFocus()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_panel_put_away_by_hand_stays_away(
    window: MainWindow, make_window: MakeWindow, tmp_path: Path, qtbot: QtBot, restarted: bool
) -> None:
    window._docks[0].toggleViewAction().trigger()
    assert not window.queue.isVisible()
    if restarted:
        window = reopened(window, make_window, qtbot)
    else:
        Project.create(other := tmp_path / "other.hitl").close()
        window.open_path(other)
        qtbot.waitUntil(lambda: window.toolbar.project.text() == "other")
    assert not window.queue.isVisible()
    assert window.inspector.isVisible()


def test_panels_all_put_away_come_back_by_one_key_after_a_restart(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window.actions_["image_only"].trigger()
    opened = reopened(window, make_window, qtbot)
    assert not opened.queue.isVisible()
    opened.actions_["image_only"].trigger()
    assert opened.queue.isVisible()
    assert opened.inspector.isVisible()


def test_each_project_is_laid_out_as_it_was_left(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    assert window.session.project
    first = window.session.project.path
    shutil.copytree(first.parent, tmp_path / "other", ignore=shutil.ignore_patterns("*.hitl*"))
    window._docks[0].hide()
    window.model_chip.popover.details.click()
    window.open_path(tmp_path / "other")
    qtbot.waitUntil(lambda: window.session.project is not None and window.session.project.path != first)
    window._docks[0].show()
    window._docks[2].hide()
    window.open_path(first)
    qtbot.waitUntil(lambda: window.session.project is not None and window.session.project.path == first)
    assert not window.queue.isVisible()
    assert window.model_panel.isVisible()


def test_a_review_mode_is_no_part_of_the_layout(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    path = window.session.project.path  # type: ignore[union-attr]
    model = window.session.project.models.ensure("hash", "small", ("car",))  # type: ignore[union-attr]
    window.session.project.models.set_detector(model.id)  # type: ignore[union-attr]
    for image_id in window.session.project.images.ids():  # type: ignore[union-attr]
        one = Detections(np.array([[5.0, 5, 20, 20]]), np.array([[0.8]], np.float32))
        window.session.project.predictions.replace(image_id, model.id, one)  # type: ignore[union-attr]
    window.session.project_acts.manage(lambda p: use_as_categories(p, model.classes))
    window.actions_["validate"].trigger()
    qtbot.waitUntil(lambda: window.validate_acts.mode is not None, timeout=20_000)
    assert not window.queue.isVisible()
    window.close()
    again = make_window()
    again.open_path(path)
    qtbot.waitUntil(lambda: again.session.is_open)
    assert again.queue.isVisible()
    assert again.inspector.isVisible()


def test_the_threshold_that_was_measured_is_the_one_the_toolbar_shows(window: MainWindow) -> None:
    window.session.limits.start_at(StartThreshold(0.45, 60))
    window.session.walk.next()
    assert window.session.thresholds.general == 0.45
    assert window.toolbar.threshold.value.text() == "0.45"
    assert window.toolbar.threshold.slider.value() == 9


def test_image_and_buttons_are_in_sight_beside_the_figures(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    window.model_chip.popover.details.click()
    window.model_panel.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
    bottom = window.action_bar.mapTo(window, window.action_bar.rect().bottomLeft()).y()
    assert bottom <= window._docks[2].mapTo(window, QPoint(0, 0)).y()
    assert window.canvas.visibleRegion().boundingRect().size() == window.canvas.size()


def test_a_project_is_among_the_recent_ones_as_soon_as_it_is_open(window: MainWindow) -> None:
    project = window.session.project
    assert project
    assert [recent.path for recent in recent_projects()] == [str(project.path)]


def test_undo_of_a_category_clicked_for_a_box_brings_the_current_one_back(window: MainWindow) -> None:
    session = window.session
    cat, dog = (session.project_acts.add_category(name) for name in ("cat", "dog"))
    assert cat is not None
    assert dog is not None
    session.set_category(cat)
    session.acts.draw([(BBox(5, 5, 20, 20), cat)])
    window.canvas.selection.select_all([window.canvas.items[0].key])
    rows = window.inspector.categories
    place = rows.visualRect(rows.model().index(1, 0)).center()
    QTest.mouseClick(rows.viewport(), LEFT, pos=place)
    assert [a.category_id for a in session.annotations] == [dog]
    assert session.category_id == dog
    window.actions_["undo"].trigger()
    assert [a.category_id for a in session.annotations] == [cat]
    assert session.category_id == cat


def test_a_disabled_command_says_why_in_its_menu(window: MainWindow) -> None:
    menu = window.actions_.menu(Menu.MODEL)
    action = window.actions_["go_back_a_head"]
    menu.popup(QPoint(0, 0))
    at = menu.actionGeometry(action).center()
    QApplication.sendEvent(menu, QHelpEvent(QEvent.Type.ToolTip, at, menu.mapToGlobal(at)))
    assert QToolTip.text() == "No earlier version was used"
    menu.close()
    assert "Ctrl+Y" in window.actions_.keys_of("redo")


def test_x_means_the_box_under_the_pointer_where_none_is_selected(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    category = window.session.project_acts.add_category("cell")
    assert category is not None
    assert window.session.acts.draw([(BBox(5, 5, 30, 30), category)])
    window.canvas.selection.select(None)
    at = QPointF(*window.canvas.camera.viewport.to_view(5, 20)).toPoint()
    monkeypatch.setattr(window.canvas, "underMouse", lambda: True)
    monkeypatch.setattr(QCursor, "pos", lambda: window.canvas.mapToGlobal(at))
    window.actions_["remove_box"].trigger()
    assert window.session.annotations == []
    assert window.receipt.text() == "Deleted: cell."
