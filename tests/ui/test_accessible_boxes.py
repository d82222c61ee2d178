"""Boxes are children of the canvas for screen readers, and what acts do to them is said."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.canvas import accessible
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.test_window import propose

NAME, WHERE, VALUE = QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value
SUGGESTION = BoxItem(
    BoxKey(Kind.PROPOSAL, 7), BBox(10, 20, 30, 40), "RBC 0.89", 1, 0.2, name="RBC", score=0.89
)
BOX = BoxItem(BoxKey(Kind.TRUTH, 7), BBox(60, 20, 10, 10), "WBC", 2)
HINT = BoxItem(BoxKey(Kind.HINT, 3), BBox(0, 0, 9, 9), "", 0, tip="?", name="cake", score=0.41)
UNNAMED = BoxItem(BoxKey(Kind.TRUTH, 8), BBox(80, 70, 12.4, 10), "unnamed", 0, is_open=True)


class Heard:
    """What assistive technology is told: kinds of events with their text."""

    def __init__(self) -> None:
        self.events: list[tuple[QAccessible.Event, str]] = []

    def note(self, event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            text = event.message()
        else:
            interface = event.accessibleInterface()
            text = interface.text(NAME) if interface is not None and interface.isValid() else ""
        self.events.append((event.type(), text))

    def said(self) -> list[str]:
        """The announcements, and what got the keyboard, since the last time."""
        kinds = {QAccessible.Event.Announcement, QAccessible.Event.Focus}
        found = [text for kind, text in self.events if kind in kinds]
        self.events.clear()
        return found


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Iterator[Heard]:
    """A screen reader is there, and hears this."""
    listener = Heard()
    monkeypatch.setattr(QAccessible, "updateAccessibility", listener.note)
    QAccessible.setActive(True)
    yield listener
    QAccessible.setActive(False)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    pixels = QImage(100, 90, QImage.Format.Format_RGB888)
    pixels.fill(0)
    made.show_image([pixels], (100, 90))
    made.show_items([HINT, BOX, UNNAMED, SUGGESTION])
    return made


def test_each_box_is_a_child_with_role_name_and_place(canvas: Canvas) -> None:
    whole = QAccessible.queryAccessibleInterface(canvas)
    assert whole.role() == QAccessible.Role.List
    assert whole.childCount() == 4
    children = [whole.child(n) for n in range(4)]
    assert [child.text(NAME) for child in children] == [
        "cake, hint, not one of your categories, 0.41",
        "WBC, box",
        "Box without a category",
        "RBC, suggestion, 0.89",
    ]
    assert {child.role() for child in children} == {QAccessible.Role.ListItem}
    assert children[3].text(WHERE) == children[3].text(VALUE) == "left 10, top 20, 30 by 40 pixels"
    assert [whole.indexOfChild(child) for child in children] == [0, 1, 2, 3]
    assert all(child.parent() is whole for child in children)
    assert [child.childCount() for child in children] == [0, 0, 0, 0]
    assert whole.child(4) is None
    assert whole.child(-1) is None


def test_a_child_lies_where_its_box_is_on_the_screen(canvas: Canvas) -> None:
    canvas.camera.zoom_to_pixels()
    canvas.camera.pan(canvas.rect().center() - canvas.rect().topLeft())
    whole = QAccessible.queryAccessibleInterface(canvas)
    x, y = canvas.camera.viewport.to_view(10, 20)
    assert whole.child(3).rect().topLeft() == canvas.mapToGlobal(QPoint(int(x), int(y)))
    centre = whole.child(3).rect().center()
    assert whole.childAt(centre.x(), centre.y()) is whole.child(3)
    corner = canvas.mapToGlobal(QPoint(1, 1))
    assert whole.childAt(corner.x(), corner.y()) is None


def test_a_child_says_whether_it_is_selected_focused_and_in_view(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    whole = QAccessible.queryAccessibleInterface(canvas)
    canvas.selection.select(BOX.key)
    box, suggestion = whole.child(1).state(), whole.child(3).state()
    assert (box.selectable, box.selected, box.focused, box.offscreen) == (True, True, True, False)
    assert (suggestion.selectable, suggestion.selected, suggestion.focused) == (True, False, False)
    assert whole.focusChild() is whole.child(1)
    canvas.camera.zoom(30)
    canvas.camera.bring_into_view(UNNAMED.bbox)
    assert whole.child(1).state().offscreen


def test_a_box_stays_the_same_child_and_one_that_is_gone_is_no_longer_valid(canvas: Canvas) -> None:
    whole = QAccessible.queryAccessibleInterface(canvas)
    box = whole.child(1)
    moved = BOX._replace(bbox=BBox(1, 2, 3, 4))
    canvas.show_items([SUGGESTION, moved])
    assert whole.child(1) is box
    assert box.text(WHERE) == "left 1, top 2, 3 by 4 pixels"
    number = QAccessible.uniqueId(box)
    canvas.show_items([SUGGESTION])
    assert whole.childCount() == 1
    assert whole.child(0).text(NAME) == "RBC, suggestion, 0.89"
    assert QAccessible.accessibleInterface(number) is None


def test_a_box_can_be_selected_through_assistive_technology(canvas: Canvas) -> None:
    whole = QAccessible.queryAccessibleInterface(canvas)
    actions = whole.child(3).actionInterface()
    assert "Press" in actions.actionNames()
    actions.doAction("Press")
    assert canvas.selection.keys == {SUGGESTION.key}
    assert whole.child(3).valueInterface() is None
    actions.doAction("another one")
    assert canvas.selection.keys == {SUGGESTION.key}


def test_no_child_is_made_while_nobody_asks(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(accessible, "BoxInterface", lambda *a: made.append(a))
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.show_items([BOX._replace(key=BoxKey(Kind.TRUTH, n)) for n in range(5000)])
    canvas.selection.select(BoxKey(Kind.TRUTH, 9))
    canvas.selection.select_all(item.key for item in canvas.items)
    assert made == []


def test_of_five_thousand_boxes_only_the_selected_one_is_made(
    canvas: Canvas, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[BoxKey] = []

    class Counted(accessible.BoxInterface):
        def __init__(self, whole: accessible.CanvasInterface, key: BoxKey) -> None:
            super().__init__(whole, key)
            made.append(key)

    monkeypatch.setattr(accessible, "BoxInterface", Counted)
    canvas.show_items([BOX._replace(key=BoxKey(Kind.TRUTH, n)) for n in range(5000)])
    canvas.selection.select(BoxKey(Kind.TRUTH, 9))
    canvas.selection.select_all(item.key for item in canvas.items)
    assert made == [BoxKey(Kind.TRUTH, 9)]
    assert heard.said()[-1] == "5000 boxes selected"


def test_children_go_with_their_canvas(qapp: QApplication) -> None:
    """Qt keeps a pointer to each: what is freed too early, or twice, ends the program."""
    for n in range(10):
        canvas = Canvas()
        canvas.show_items([BOX, SUGGESTION, BOX._replace(key=BoxKey(Kind.TRUTH, 100 + n))])
        whole = QAccessible.queryAccessibleInterface(canvas)
        ids = [QAccessible.uniqueId(whole.child(k)) for k in range(3)]
        del whole
        gc.collect()
        assert all(QAccessible.accessibleInterface(i).isValid() for i in ids)
        canvas.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        del canvas
        gc.collect()
        assert [QAccessible.accessibleInterface(i) for i in ids] == [None] * 3


def test_the_image_and_the_selected_box_are_read_out(window: MainWindow, heard: Heard, qtbot: QtBot) -> None:
    session, canvas = window.session, window.canvas
    category = session.project_acts.add_category("cell")
    assert category is not None
    canvas.setFocus()
    session.acts.draw([(BBox(5, 5, 20, 20), category), (BBox(30, 5, 20, 20), category)])
    qtbot.wait(1)
    assert QAccessible.queryAccessibleInterface(canvas).text(NAME) == "Image a.png, 80 x 60, to do"
    heard.said()
    canvas.select_next()
    assert "cell, box" in heard.said()
    canvas.selection.select_all(item.key for item in canvas.items)
    assert "2 boxes selected" in heard.said()
    canvas.selection.select(None)
    qtbot.waitUntil(lambda: "Nothing selected" in heard.said())


def test_what_became_of_boxes_is_said(window: MainWindow, heard: Heard, qtbot: QtBot) -> None:
    session, canvas = window.session, window.canvas
    first, other = session.project_acts.add_category("cell"), session.project_acts.add_category("dish")
    assert first is not None
    assert other is not None

    def said() -> list[str]:
        qtbot.wait(1)
        return heard.said()

    said()
    session.acts.draw([(BBox(5, 5, 20, 20), first)])
    assert "Added: cell." in said()
    session.acts.relabel(session.annotations, other)
    assert "Renamed: dish." in said()
    canvas.selection.select(canvas.items[0].key)
    canvas.nudged.emit({canvas.items[0].key: BBox(6, 5, 20, 20)})
    assert "Moved: dish." in said()
    window.actions_["say_occluded"].trigger()
    assert said() == ["Occluded: yes."]
    window.actions_["remove_box"].trigger()
    assert "Deleted: dish." in said()
    window.actions_["undo"].trigger()
    assert "Undid: Delete box." in said()


def test_suggestions_are_read_out_accepted_and_rejected(
    window: MainWindow, heard: Heard, qtbot: QtBot
) -> None:
    propose(window)
    window.canvas.setFocus()
    qtbot.wait(1)
    heard.said()
    window.actions_["next_box"].trigger()
    assert heard.said() == ["cup, suggestion, 0.55"]
    window.actions_["remove_box"].trigger()
    qtbot.wait(1)
    assert heard.said() == ["dog, suggestion, 0.80", "Rejected: cup."]
    window.actions_["accept_box"].trigger()
    qtbot.wait(1)
    assert heard.said() == ["cup, suggestion, 0.90", "Accepted: dog."]


def test_a_decision_and_the_next_image_are_said(window: MainWindow, heard: Heard, qtbot: QtBot) -> None:
    category = window.session.project_acts.add_category("cell")
    assert category is not None
    window.session.acts.draw([(BBox(5, 5, 20, 20), category)])
    qtbot.wait(1)
    heard.said()
    window.actions_["accept_picture"].trigger()
    qtbot.wait(1)
    said = heard.said()
    assert "Done: 1 box in all." in said
    assert said[-1].startswith("Image b.jpg, ")
    assert said[-1].endswith("to do, 0 boxes, 0 suggestions")
    assert not any(text.startswith(("Added", "Deleted")) for text in said)


def test_the_last_decision_is_said_once(window: MainWindow, heard: Heard, qtbot: QtBot) -> None:
    for _ in range(3):
        window.session.acts.mark_empty()
    qtbot.waitUntil(lambda: window.canvas.has_image)
    assert window.session.image
    propose(window, window.session.image.id)
    qtbot.wait(1)
    heard.said()
    window.actions_["accept_picture"].trigger()
    qtbot.wait(1)
    said = heard.said()
    assert "Done: 3 accepted, 3 boxes in all." in said
    assert not any(text.startswith("Accepted") for text in said)


def test_a_selection_that_ends_gives_the_keyboard_back_to_the_image(
    window: MainWindow, heard: Heard, qtbot: QtBot
) -> None:
    """What was read out last may be gone, and a screen reader would ask it for its name."""
    propose(window)
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(window.canvas.hasFocus)
    window.actions_["next_box"].trigger()
    qtbot.wait(1)
    heard.said()
    window.canvas.selection.select(None)
    qtbot.waitUntil(lambda: window.canvas.accessibleName() in heard.said())


def test_notices_are_said_once(window: MainWindow, heard: Heard, qtbot: QtBot) -> None:
    window.messages.warn("The disk is full.")
    window.messages.show("The disk is full.")
    window.better.show_text("Newer suggestions are ready.", "Show (R)")
    said = heard.said()
    assert said.count("The disk is full.") == 1
    assert "Newer suggestions are ready." in said
