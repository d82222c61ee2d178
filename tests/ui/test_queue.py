"""The list of images: filters, sorting, several at once."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.queues import QueueReason, Reason
from hitl_desktop.domain.review import Ranked
from hitl_desktop.learning.strategies import STRATEGIES
from hitl_desktop.progress import Progress
from hitl_desktop.service.loop import long_acts
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.ui.boxes.controller import OTHER_REASON
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.queue import queue_model
from hitl_desktop.ui.queue.policy_dialog import MixDialog
from hitl_desktop.ui.queue.queue_model import DETAIL, IMAGE_ID, STATUS
from hitl_desktop.workflows.quality.tuning import Example
from hitl_desktop.workflows.queue.policy import QueuePolicy, policy_of
from tests.ui.conftest import Answers, MakeWindow


def listed(window: MainWindow) -> list[int]:
    model = window.queue.model
    return [model.index(row, 0).data(IMAGE_ID) for row in range(model.rowCount())]


def click(
    window: MainWindow, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    view = window.queue.list
    place = view.visualRect(window.queue.model.index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def choose(box: object, text: str) -> None:
    box.setCurrentIndex(box.findText(text))  # type: ignore[attr-defined]


def test_category_tag_reason_and_score(window: MainWindow) -> None:
    queue = window.queue
    QTest.keyClick(
        window.canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert queue.category.isVisible()
    window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1)])
    choose(queue.category, "cat")
    assert listed(window) == [1]
    choose(queue.category, "Any category")
    window.session.walk.go_to(3)
    window.session.acts.set_tags(["night"])
    choose(queue.tag, "night")
    assert listed(window) == [3]
    choose(queue.tag, "Any tag")
    choose(queue.reason, "Not looked at yet (4)")
    assert len(listed(window)) == 4
    choose(queue.reason, "Uncertain (0)")
    assert listed(window) == []
    assert queue.found.clear_button.isVisible()
    choose(queue.reason, "Any reason")
    queue.score.setValue(0.05)
    assert listed(window) == []
    queue.score.setValue(0)
    assert len(listed(window)) == 4


def test_a_filter_by_a_category_that_was_merged_away_shows_all_again(window: MainWindow) -> None:
    for name in ("cat", "dog"):
        window.session.project_acts.add_category(name)
    choose(window.queue.category, "cat")
    assert listed(window) == []
    window.session.set_category(1)
    answers = window.category_acts.ask
    assert isinstance(answers, Answers)
    answers.next_choice = "dog"
    window.actions_["merge_category"].trigger()
    assert window.queue.category.currentText() == "Any category"
    assert len(listed(window)) == 4


def test_a_filter_keeps_the_order_of_asking(window: MainWindow) -> None:
    window.session.image_list.order.rerank([4, 3, 2], [1, 2, 3, 4])
    window.queue.state.choose("undecided")
    assert listed(window) == [1, 4, 3, 2]


def test_next_goes_as_the_list_is_sorted(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    window.session.walk.go_to(3)
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1)])
    window.session.walk.go_to(2)
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1), (BBox(7, 7, 10, 10), 1)])
    choose(window.queue.sorting, "Most boxes first")
    assert listed(window) == [2, 3, 1, 4]
    visited = [2]
    for _ in range(3):
        window.session.walk.next()
        assert window.session.image
        visited.append(window.session.image.id)
    assert visited == [2, 3, 1, 4]
    window.session.walk.previous()
    assert window.session.image
    assert window.session.image.id == 1


def test_several_images_are_skipped_tagged_and_opened_again_as_one(window: MainWindow) -> None:
    click(window, 1)
    click(window, 3, Qt.KeyboardModifier.ShiftModifier)
    assert window.queue.selected == [2, 3, 4]
    assert window.session.image
    assert window.session.image.id == 2  # selecting is not looking
    window.actions_["skip_selected"].trigger()
    assert [window.queue.model.index(n, 0).data(STATUS) for n in range(4)] == ["undecided", *["skipped"] * 3]
    assert "Done for 3 images" in window.receipt.text()
    window.session.history.undo()
    assert window.session.image_list.count("skipped") == 0
    assert window.queue.selected == [2, 3, 4]
    answers = window.ask
    assert isinstance(answers, Answers)
    answers.next_text = answers.next_choice = "night"
    window.actions_["tag_selected"].trigger()
    assert window.session.project
    assert [bool(window.session.project.images.tags_of(i)) for i in (1, 2, 3, 4)] == [False, True, True, True]
    window.actions_["untag_selected"].trigger()
    assert not window.session.project.images.tags_by_image()
    window.actions_["reopen_selected"].trigger()
    assert "None of them is done" in window.news.text()


def test_very_many_images_are_changed_by_a_job(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitl_desktop.ui.queue.queue_acts._MANY", 2)
    monkeypatch.setattr("hitl_desktop.service.project.image_walk._FEW", 2)
    window.queue.list.selectAll()
    assert window.queue.count_selected == 4
    window.actions_["skip_selected"].trigger()
    qtbot.waitUntil(lambda: window.session.image_list.count("skipped") == 4)
    assert "Done for 4 images" in window.receipt.text()
    window.session.history.undo()
    assert window.session.image_list.count("undecided") == 4


def test_a_tag_is_for_what_was_selected_when_it_was_asked_for(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_model, "MANY", 2)
    window.queue.text.setText("p")
    qtbot.waitUntil(lambda: len(listed(window)) == 4)
    window.queue.select([2, 3])
    wait = QSignalSpy(window.queue.model.reloaded)

    def text(title: str, label: str, value: str) -> str:
        window.session.walk.apply_changes(
            Changes(queue=True)
        )  # the head has put the queue in order meanwhile
        qtbot.waitUntil(lambda: wait.count() > 0)
        return "night"

    monkeypatch.setattr(window.ask, "text", text)
    window.actions_["tag_selected"].trigger()
    assert window.session.project
    assert set(window.session.project.images.tags_by_image()) == {2, 3}
    assert window.queue.selected == [2, 3]


def test_an_image_that_a_click_takes_from_the_selection_is_not_opened(window: MainWindow) -> None:
    click(window, 0)
    for _ in range(2):
        click(window, 2, Qt.KeyboardModifier.ControlModifier)
    assert window.queue.selected == [1]
    assert window.session.image
    assert window.session.image.id == 1


def test_the_image_at_hand_alone_is_selected_though_ctrl_is_held(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Qt.KeyboardModifier.ControlModifier
    monkeypatch.setattr(QGuiApplication, "keyboardModifiers", staticmethod(lambda: held))
    QTest.keyPress(window.canvas, Qt.Key.Key_Control, held)  # as for Ctrl+J
    window.session.walk.go_to(3)
    assert window.queue.selected == [3]
    window.session.walk.go_to(1)
    assert window.queue.selected == [1]
    QTest.keyRelease(window.canvas, Qt.Key.Key_Control)


def test_the_list_by_keys_alone(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert window.queue.list.hasFocus()
    QTest.keyClick(window.queue.list, Qt.Key.Key_Down)
    QTest.keyClick(window.queue.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert window.queue.selected == [2, 3]
    QTest.keyClick(window.queue.list, Qt.Key.Key_Down)
    QTest.keyClick(window.queue.list, Qt.Key.Key_Return)
    assert window.session.image
    assert window.session.image.id == 4
    assert window.canvas.hasFocus()
    window.actions_["focus_queue"].trigger()
    QTest.keyClick(window.queue.list, Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()


def test_filters_are_as_they_were_when_the_project_is_opened_again(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window.queue.state.choose("undecided")
    window.queue.text.setText("png")
    choose(window.queue.sorting, "Name")
    before = listed(window)
    assert window.session.project
    path = window.session.project.path
    window.close()
    other = make_window()
    other.open_path(path)
    qtbot.waitUntil(lambda: other.session.is_open)
    assert (other.queue.state.status, other.queue.text.text()) == ("undecided", "png")
    assert other.queue.sorting.currentText() == "Name"
    assert other.queue.sorting.isVisible()
    assert listed(other) == before


def test_very_many_images_are_filtered_by_a_job(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_model, "MANY", 2)
    window.queue.text.setText("b.j")
    assert len(listed(window)) == 4  # not yet
    window.queue.text.setText("c.p")
    qtbot.waitUntil(lambda: listed(window) == [3])
    window.queue.text.setText("")
    assert len(listed(window)) == 4


def test_a_filter_that_was_typed_over_is_not_worked_out(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_model, "MANY", 2)
    go, worked_out, real = Event(), [], long_acts.filter_queue

    def filter_queue(
        project: Project, wanted: QueueFilter, asked: Sequence[int], progress: Progress
    ) -> Sequence[int]:
        go.wait(10)
        worked_out.append(wanted.text)
        return real(project, wanted, asked, progress)

    monkeypatch.setattr(long_acts, "filter_queue", filter_queue)
    for text in ("a", "b", "c.", "c.p"):
        window.queue.text.setText(text)
    go.set()
    qtbot.waitUntil(lambda: listed(window) == [3])
    assert len(worked_out) <= 2


def test_the_mix_is_chosen_in_a_dialog_with_counts(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose_mix(dialog: MixDialog) -> int:
        dialog.shares[QueueReason.RANDOM].setValue(80)
        dialog.shares[QueueReason.UNLIKE].setValue(30)
        assert not dialog.ok.isEnabled()
        assert "110 %" in dialog.rest.text()
        dialog.shares[QueueReason.UNLIKE].setValue(10)
        assert "other 10 %" in dialog.rest.text()
        offered = [dialog.strategy.itemData(row) for row in range(dialog.strategy.count())]
        assert offered == list(STRATEGIES)
        dialog.strategy.setCurrentIndex(dialog.strategy.findData("k_centre"))
        dialog._take()
        return 1

    monkeypatch.setattr(MixDialog, "exec", choose_mix)
    window.actions_["mix"].trigger()
    assert window.session.project
    assert policy_of(window.session.project) == QueuePolicy(
        "k_centre", {QueueReason.RANDOM: 80, QueueReason.UNLIKE: 10}
    )


def test_why_an_image_is_asked_about_is_said_beside_it(window: MainWindow) -> None:
    project = window.session.project
    assert project
    assert window.action_bar.why.text() == ""
    project.queue.take(Ranking([1, 2], [Ranked(1, 0.5, Reason.DISAGREEMENT, QueueReason.DISAGREEMENT)]))
    window.session.walk.apply_changes(Changes(queue=True))
    assert window.action_bar.why.text() == "Detector and trained model disagree"
    choose(window.queue.reason, "Detector and trained model disagree (1)")
    assert listed(window) == [1]
    window.session.acts.mark_empty()
    window.session.walk.go_to(1)
    assert window.action_bar.why.text() == ""


def test_an_image_is_skipped_with_a_reason(window: MainWindow) -> None:
    answers = window.controller.ask
    assert isinstance(answers, Answers)
    answers.next_reason = None  # the menu was left
    QTest.keyClick(window.canvas, Qt.Key.Key_S)
    assert window.session.image_list.count("skipped") == 0
    answers.next_reason = OTHER_REASON
    answers.next_text = " not ours "
    QTest.keyClick(window.canvas, Qt.Key.Key_S)
    assert window.session.image_list.count("skipped") == 1
    model = window.queue.model
    assert model.index(0, 0).data(DETAIL) == "skipped: not ours"


def test_decided_images_come_again_in_their_turn(window: MainWindow, qtbot: QtBot) -> None:
    session, project = window.session, window.session.project
    assert project
    cat = session.project_acts.add_category("cat") or 0
    for image_id in (1, 2):
        session.walk.go_to(image_id)
        session.acts.draw([(BBox(5, 5, 20, 20), cat)])
        session.acts.accept_image()
    wrong = LabelIssue(2, Kind.MISSED, 0.9, None, None, BBox(30, 5, 9, 9), cat)
    project.label_issues.replace_open([2], [wrong])
    with project.db.transaction():
        project.queue.take(Ranking([2, 3, 1, 4], again={2: QueueReason.SUSPECTED, 1: QueueReason.AGAIN}))
    assert session.image
    assert session.image.id == 3
    session.walk.apply_changes(Changes(queue=True))
    choose(window.queue.reason, "Possible label error (1)")
    assert listed(window) == [2]
    choose(window.queue.reason, "Any reason")

    session.walk.next()
    assert session.image.id == 2
    assert "possible label error" in window.action_bar.why.text()
    assert window.canvas._suggestion == (BBox(30, 5, 9, 9), "maybe missed: cat")
    qtbot.waitUntil(lambda: window.canvas.has_image)
    QTest.keyClick(window.canvas, Qt.Key.Key_A)  # it is right
    assert project.label_issues.open() == []
    assert window.queue.reason.findText("Possible label error (0)") > 0
    assert window.canvas._suggestion is None
    dialog = window.consistency_acts.mode
    assert dialog is not None  # the turn of the first image, blind
    assert dialog.image_id == 1
    qtbot.waitUntil(lambda: dialog.canvas.has_image)
    dialog._on_drawn(BBox(5, 5, 20, 20))
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    (reannotation,) = project.reannotations.all()
    assert reannotation.image_id == 1
    assert window.consistency_acts.mode is None
    assert session.image.id == 4
    assert "agree with yourself" in window.news.text()


def test_a_blind_look_that_is_put_off_holds_nobody_up(window: MainWindow) -> None:
    session, project = window.session, window.session.project
    assert project
    session.walk.go_to(1)
    session.acts.mark_empty()
    session.walk.go_to(3)
    with project.db.transaction():
        project.queue.take(Ranking([1, 2, 4], again={1: QueueReason.AGAIN}))
    session.walk.go_to(4)
    session.walk.apply_changes(Changes(queue=True))
    session.walk.next()
    dialog = window.consistency_acts.mode
    assert dialog is not None
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.consistency_acts.mode is None
    assert session.image
    assert session.image.id == 2
    assert project.reannotations.all() == []


def blind(window: MainWindow, *, at: int) -> Project:
    """The first image is decided, and due to be labelled again."""
    session, project = window.session, window.session.project
    assert project
    session.project_acts.add_category("cat")
    session.walk.go_to(1)
    session.acts.mark_empty()
    with project.db.transaction():
        project.queue.take(Ranking([1, 2, 3, 4], again={1: QueueReason.AGAIN}))
    session.walk.go_to(at)
    session.walk.apply_changes(Changes(queue=True))
    return project


def test_a_second_look_stays_blind_and_is_taken_once(window: MainWindow, qtbot: QtBot) -> None:
    project, session, acts = blind(window, at=4), window.session, window.consistency_acts
    session.walk.next()
    assert acts.mode is not None
    session.walk.next()  # it is said that it is open, and nobody is held up without a word
    assert "still being labelled again" in window.news.text()
    session.walk.go_to(3)
    QTest.keyClick(acts.mode, Qt.Key.Key_Escape)
    assert session.at_hand == 3  # where the hands went meanwhile

    session.walk.apply_changes(Changes(queue=True))
    window.queue.model.set_filter(QueueFilter(queue=int(QueueReason.AGAIN)))
    assert listed(window) == [1]
    session.walk.next()
    assert session.at_hand == 3
    assert acts.mode is not None
    dialog = acts.mode
    qtbot.waitUntil(lambda: dialog.canvas.has_image)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert len(project.reannotations.all()) == 1
    window.queue.model.set_filter(QueueFilter())
    session.walk.go_to(4)
    session.walk.next()
    assert session.at_hand == 2
    assert len(project.reannotations.all()) == 1


def test_what_is_suspected_stays_so_until_somebody_says_otherwise(window: MainWindow, qtbot: QtBot) -> None:
    session, project = window.session, window.session.project
    assert project
    cat = session.project_acts.add_category("cat") or 0
    session.walk.go_to(2)
    session.acts.draw([(BBox(5, 5, 20, 20), cat)])
    session.acts.accept_image()
    wrong = LabelIssue(2, Kind.MISSED, 0.9, None, None, BBox(30, 5, 9, 9), cat)
    project.label_issues.replace_open([2], [wrong])
    session.walk.go_to(3)
    session.acts.draw([(BBox(1, 1, 9, 9), cat)])
    window.tune_acts._show_example(Example(3, BBox(1, 1, 5, 5)))
    session.set_threshold(0.4)
    assert window.canvas._suggestion == (BBox(1, 1, 5, 5), "this one")
    with project.db.transaction():
        project.queue.take(Ranking([2, 3, 4], again={2: QueueReason.SUSPECTED}))
    session.walk.apply_changes(Changes(queue=True))
    session.walk.next()
    marker = (BBox(30, 5, 9, 9), "maybe missed: cat")
    assert window.canvas._suggestion == marker
    session.acts.draw([(BBox(40, 40, 5, 5), cat)])
    assert window.canvas._suggestion == marker
    assert session.walk.again is QueueReason.SUSPECTED
    qtbot.waitUntil(lambda: window.canvas.has_image)
    QTest.keyClick(window.canvas, Qt.Key.Key_A)
    assert project.label_issues.open() == []
    session.history.undo()
    assert [s.image_id for s in project.label_issues.open()] == [2]
    assert len(project.annotations.of_image(3)) == 1


def test_the_image_at_hand_stays_in_sight_when_the_list_has_less_room(window: MainWindow) -> None:
    window.session.walk.go_to(window.session.image_list.order.ids[-1])
    view = window.queue.list
    for height in (400, 90):
        view.setFixedHeight(height)
        window.queue.layout().activate()  # type: ignore[union-attr]
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()).center())


def test_a_filter_that_nothing_matches_can_be_cleared(window: MainWindow) -> None:
    queue = window.queue
    assert not queue.found.clear_button.isVisible()
    queue.state.choose("decided")
    queue.text.setText("zzz")
    assert queue.found.label.text() == "No images match."
    assert queue.found.clear_button.isVisible()
    QTest.mouseClick(queue.found.clear_button, Qt.MouseButton.LeftButton)
    assert queue.model.rowCount() == 4
    assert (queue.text.text(), queue.state.status) == ("", "")
    assert not queue.found.clear_button.isVisible()
