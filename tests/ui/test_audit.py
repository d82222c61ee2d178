"""An audit through the window, by keys: look, reveal, judge, and what it proves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.audits import Error
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError, NotYetError
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.quality.audit_mode import AuditMode

LONG = 20_000


@pytest.fixture
def decided(window: MainWindow) -> MainWindow:
    project = window.session.project
    assert project
    category = project.categories.ensure("thing")
    for image in project.images.all():
        project.annotations.add([Annotation(0, image.id, category.id, BBox(5, 5, 20, 20))])
        project.images.set_state(image.id, ImageState.DECIDED)
    window.session.walk.apply_changes(Changes(categories=True))
    return window


def begun(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> AuditMode:
    """The dialog of an audit of the first claim that is offered."""
    monkeypatch.setattr(window.audit_acts.ask, "choice", lambda _title, _label, options: options[0])
    window.actions_["audit"].trigger()
    qtbot.waitUntil(lambda: window.audit_acts.mode is not None, timeout=LONG)
    dialog = window.audit_acts.mode
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.canvas.has_image, timeout=LONG)
    return dialog


def test_an_audit_from_the_claim_to_the_report(
    decided: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = decided
    five = lambda _title, _label, options: next(o for o in options if "5%" in o)  # noqa: E731 - said once
    monkeypatch.setattr(window.audit_acts.ask, "choice", five)
    monkeypatch.setattr(window.ask, "where_to_save_report", lambda suggestion: tmp_path / suggestion.name)
    window.actions_["audit"].trigger()
    qtbot.waitUntil(lambda: window.audit_acts.mode is not None, timeout=LONG)
    dialog = window.audit_acts.mode
    assert dialog is not None
    project = window.session.project
    assert project
    before = project.annotations.all()
    for number in range(4):
        qtbot.waitUntil(lambda: dialog.canvas.has_image, timeout=LONG)
        assert f"Image {number + 1} of 4" in dialog.words.text()
        assert dialog.canvas.items == []  # blind
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
        qtbot.keyClick(dialog, Qt.Key.Key_1)
        assert (
            f"Image {number + 1} of 4" in dialog.words.text()
        )  # nothing can be judged before it was revealed
        qtbot.keyClick(dialog, Qt.Key.Key_Space)
        assert [item.label for item in dialog.canvas.items] == ["thing"]
        qtbot.mouseClick(dialog.canvas, Qt.MouseButton.LeftButton, pos=dialog.canvas.rect().center())
        if number == 2:
            qtbot.keyClick(dialog, Qt.Key.Key_2)
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert "does not hold: 1 of 4 images" in dialog.words.text()
    assert project.annotations.all() == before
    audit = project.audits.all()[0]
    assert [sorted(v.errors) for v in audit.verdicts].count([Error.CATEGORY]) == 1
    dialog.save.click()
    qtbot.waitUntil(
        lambda: {p.suffix for p in tmp_path.glob("*-audit-1.*")} == {".html", ".json"}, timeout=LONG
    )
    audit_report = json.loads(next(tmp_path.glob("*-audit-1.json")).read_text())
    assert (audit_report["wrong"], audit_report["holds"]) == (1, False)
    dialog.close()
    assert window.audit_acts.mode is None


def test_an_audit_that_was_left_goes_on_where_it_was(
    decided: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = decided
    dialog = begun(window, qtbot, monkeypatch)
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.audit_acts.mode is None
    window.actions_["audit"].trigger()
    again = window.audit_acts.mode
    assert again is not None
    assert "Image 2 of" in again.words.text()


def test_without_decided_images_it_says_so(window: MainWindow, qtbot: QtBot) -> None:
    warnings: list[str] = []
    window.messages.warning.connect(warnings.append)
    window.actions_["audit"].trigger()
    qtbot.waitUntil(lambda: bool(warnings), timeout=LONG)
    assert "Decide more images" in warnings[0]


def test_what_cannot_be_seen_is_never_called_right(
    decided: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, project = decided, decided.session.project
    assert project
    dialog = begun(window, qtbot, monkeypatch)
    audit = project.audits.all()[0]
    dialog.clear("The image is still being read.")
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert not dialog.is_revealed
    for image_id in audit.image_ids:
        image = project.images.get(image_id)
        assert image
        project.path_of(image).unlink()
    dialog.close()
    window.actions_["audit"].trigger()
    dialog = window.audit_acts.mode
    assert dialog is not None
    for number in range(1, len(audit.image_ids) + 1):
        assert f"Image {number} of" in dialog.words.text()
        qtbot.waitUntil(lambda: "Enter goes on" in dialog.canvas.placeholder, timeout=LONG)
        qtbot.keyClick(dialog, Qt.Key.Key_Space if number == 1 else Qt.Key.Key_Return)
    assert "does not hold" in dialog.words.text()
    assert all(v.errors == {Error.UNSEEN} for v in project.audits.all()[0].verdicts)


def test_the_verdict_before_is_said_anew_with_backspace(
    decided: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, project = decided, decided.session.project
    assert project
    dialog = begun(window, qtbot, monkeypatch)

    def say(*keys: Qt.Key) -> None:
        qtbot.waitUntil(lambda: dialog.canvas.has_image, timeout=LONG)
        for each in (Qt.Key.Key_Space, *keys, Qt.Key.Key_Return):
            qtbot.keyClick(dialog, each)

    qtbot.keyClick(dialog, Qt.Key.Key_Backspace)
    assert "Image 1 of" in dialog.words.text()
    say(Qt.Key.Key_2)
    assert "Image 2 of" in dialog.words.text()
    qtbot.keyClick(dialog, Qt.Key.Key_Backspace)
    assert "Image 1 of" in dialog.words.text()
    say()
    assert "Image 2 of" in dialog.words.text()
    (verdict,) = project.audits.all()[0].verdicts
    assert verdict.errors == frozenset()


def test_the_image_at_hand_is_covered_while_it_is_judged_blind(
    decided: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = decided
    shown, place = window.session.at_hand, window.session.image_list.order.position
    dialog = begun(window, qtbot, monkeypatch)
    for _ in range(4):
        qtbot.waitUntil(lambda: dialog.canvas.has_image, timeout=LONG)
        if dialog.image_id == shown:
            break
        assert window.session.at_hand == shown
        qtbot.keyClick(dialog, Qt.Key.Key_Space)
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.image_id == shown
    assert window.session.image is None
    assert window.canvas.items == []
    assert "hidden while it is reviewed" in window.canvas.placeholder
    window.session.walk.apply_changes(Changes(queue=True))  # the queue may be put in order meanwhile
    dialog.close()
    assert window.session.at_hand == shown
    assert window.session.image_list.order.position == place


def test_what_cannot_be_done_yet_is_no_trouble_and_not_red(window: MainWindow) -> None:
    window.messages.error(NotYetError("Too few.", hint="Decide more."))
    assert window._warning.text() == "Too few. Decide more."
    assert window._warning.property("calm") is True
    window.messages.error(HitlError("It broke.", hint="Do this."))
    assert window._warning.property("calm") is False
