"""Attributes and tags by keys and in the inspector."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.attributes import Attribute, AttributeKind
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.learning.tag_head import TagHead
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.questions.new_attribute import NewAttribute
from hitl_desktop.ui.widgets.field import Field
from hitl_desktop.workflows.detection.embeddings import encoder_record_id
from tests.ui.conftest import Answers


def select(window: MainWindow) -> None:
    """Two boxes of one category, both in the hand."""
    assert window.session.project_acts.add_category("car") is not None
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1), (BBox(30, 5, 10, 10), 1)])
    window.canvas.setFocus()
    window.controller.select_all()


def add(window: MainWindow, attribute: Attribute) -> None:
    assert isinstance(window.attribute_acts.ask, Answers)
    window.attribute_acts.ask.next_attribute = attribute
    window.actions_["add_attribute"].trigger()


def attributes_of(window: MainWindow) -> list[tuple[tuple[str, object], ...]]:
    return [a.attributes for a in window.session.annotations]


def press(window: MainWindow, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(window.canvas, key)


def test_flags_by_key_toggle_for_the_whole_selection(window: MainWindow) -> None:
    select(window)
    press(window, Qt.Key.Key_O)
    assert attributes_of(window) == [(("occluded", True),)] * 2
    window.canvas.selection.select(window.canvas.items[0].key)
    press(window, Qt.Key.Key_O, Qt.Key.Key_G)
    assert attributes_of(window) == [(), (("occluded", True),)]
    assert [a.crowd for a in window.session.annotations] == [True, False]
    window.controller.select_all()
    box = window.inspector.attributes.widget("occluded")
    assert isinstance(box, QCheckBox)
    assert box.checkState() == Qt.CheckState.PartiallyChecked
    box.click()
    assert attributes_of(window) == [(("occluded", True),)] * 2
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert attributes_of(window) == [(), (("occluded", True),)]
    assert len(window.canvas.selection.items) == 2
    assert "car (occluded)" in {window.inspector.model.index(n, 0).data() for n in (1, 2)}


def test_free_attributes_by_key_and_by_typing(window: MainWindow, qtbot: QtBot) -> None:
    select(window)
    add(window, Attribute("colour", AttributeKind.CHOICE, ("red", "green")))
    add(window, Attribute("wheels", AttributeKind.NUMBER, category_id=1))
    press(window, Qt.Key.Key_Q, Qt.Key.Key_1)
    assert attributes_of(window) == [(("colour", "red"),)] * 2
    press(window, Qt.Key.Key_Q, Qt.Key.Key_1)
    assert attributes_of(window) == [(("colour", "green"),)] * 2
    combo = window.inspector.attributes.widget("colour")
    assert isinstance(combo, QComboBox)
    assert combo.currentText() == "green"
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert attributes_of(window) == [(("colour", "red"),)] * 2
    press(window, Qt.Key.Key_Q, Qt.Key.Key_1)
    press(window, Qt.Key.Key_Q, Qt.Key.Key_1)
    assert attributes_of(window) == [()] * 2
    field = window.inspector.attributes.widget("wheels")
    assert isinstance(field, Field)
    qtbot.waitUntil(field.isVisible)
    field.setFocus()
    QTest.keyClicks(field, "four")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert attributes_of(window) == [()] * 2
    assert "is a number" in window.news.text()
    assert field.text() == ""
    field.setFocus()
    QTest.keyClicks(field, "4")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert attributes_of(window) == [(("wheels", 4.0),)] * 2


def test_what_is_typed_is_kept_when_the_hand_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    select(window)
    add(window, Attribute("plate", AttributeKind.TEXT))
    window.canvas.selection.select(window.canvas.items[0].key)
    field = window.inspector.attributes.widget("plate")
    assert isinstance(field, Field)
    qtbot.waitUntil(field.isVisible)
    field.setFocus()
    QTest.keyClicks(field, "AB 12")
    window.canvas.selection.select(window.canvas.items[1].key)
    assert attributes_of(window) == [(("plate", "AB 12"),), ()]
    assert field.text() == ""
    field.setFocus()
    QTest.keyClicks(field, "CD")
    first = window.session.image
    window.session.walk.next()
    assert first is not None
    assert window.session.image != first
    window.session.walk.go_to(first.id)
    assert attributes_of(window) == [(("plate", "AB 12"),), (("plate", "CD"),)]


def test_without_a_selection_nothing_is_said(window: MainWindow) -> None:
    select(window)
    assert window.inspector.attributes.isVisible()
    window.canvas.selection.select(None)
    assert not window.inspector.attributes.isVisible()
    press(window, Qt.Key.Key_O)
    assert attributes_of(window) == [()] * 2
    assert "Select a box" in window.news.text()


def test_tags_by_key(window: MainWindow) -> None:
    press(window, Qt.Key.Key_Y, Qt.Key.Key_1)
    assert "no tag 1 yet" in window.news.text()
    window.session.acts.set_tags(["night", "blurred"])
    press(window, Qt.Key.Key_Y, Qt.Key.Key_1)
    assert window.inspector.tags.text() == "blurred"
    press(window, Qt.Key.Key_Y, Qt.Key.Key_1)
    assert window.inspector.tags.text() == "night, blurred"
    assert window.inspector.tags_title.text() == "Tags: Y 1 night, Y 2 blurred"


def test_the_dialog_makes_an_attribute(window: MainWindow) -> None:
    window.session.project_acts.add_category("car")
    dialog = NewAttribute(window.session.known.categories[0], window)
    dialog.name.setText("colour")
    dialog.kind.setCurrentIndex(1)
    dialog.choices.setText("red, green")
    assert dialog.attribute() == Attribute("colour", AttributeKind.CHOICE, ("red", " green"), 1)
    dialog.whose.setCurrentIndex(1)
    assert dialog.attribute().category_id is None


def test_a_likely_tag_is_offered_and_a_click_gives_it(window: MainWindow) -> None:
    project = window.session.project
    assert project
    image = project.images.get(1)
    assert image
    tag = project.tags.ensure("night & fog").id
    vector = np.ones(1280, np.float32)
    project.embeddings.add(encoder_record_id(project), [(crop_key(image.content_hash or "", None), vector)])
    sure = TagHead(
        np.array([tag]), np.zeros(1280, np.float32), np.zeros((1280, 1), np.float32), np.array([2.0])
    )
    project.heads.keep_tag_head(sure.to_bytes())
    window.inspector.show_tags()
    assert "night &amp; fog</a> 88%" in window.inspector.tag_hints.text()
    window.inspector.tag_hints.linkActivated.emit(str(tag))
    assert project.images.tags_of(1) == (tag,)
    assert window.inspector.tags.text() == "night & fog"
    assert not window.inspector.tag_hints.isVisible()
