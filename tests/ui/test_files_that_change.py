"""Files that other programs delete, move or write over while they are on screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.images.file_watch import FileState, FileWatch
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.widgets.banner import Banner
from tests.ui.conftest import Answers, MakeWindow


def banner(window: MainWindow) -> Banner:
    return window.file_acts._banner


def at_hand(window: MainWindow) -> Path:
    assert window.session.project
    assert window.session.image
    return window.session.project.path_of(window.session.image)


def test_an_image_written_over_is_said_kept_and_read_again(window: MainWindow, qtbot: QtBot) -> None:
    window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1)])
    Image.fromarray(np.full((33, 44, 3), 200, np.uint8)).save(at_hand(window), format="PNG")
    qtbot.waitUntil(banner(window).isVisible, timeout=10_000)
    assert "was changed on the disk. Its boxes are kept" in banner(window).text()
    QTest.mouseClick(banner(window).offers[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.canvas.image_size == (44, 33), timeout=10_000)
    assert not banner(window).isVisible()
    assert len(window.session.annotations) == 1
    assert window.session.image
    assert window.session.image.width == 44


def test_an_image_that_went_away_can_be_found_again(window: MainWindow, qtbot: QtBot) -> None:
    window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1)])
    new = at_hand(window).with_name("renamed.png")
    at_hand(window).rename(new)
    qtbot.waitUntil(banner(window).isVisible, timeout=10_000)
    assert "is gone from the disk. Its boxes are kept" in banner(window).text()
    answers = window.file_acts.ask
    assert isinstance(answers, Answers)
    answers.next_image = new
    QTest.mouseClick(banner(window).offers[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: at_hand(window) == new and window.canvas.has_image, timeout=10_000)
    assert not banner(window).isVisible()
    assert len(window.session.annotations) == 1


def test_an_image_that_comes_back_unchanged_needs_no_act(window: MainWindow, qtbot: QtBot) -> None:
    file = at_hand(window)
    file.rename(file.with_suffix(".away"))
    qtbot.waitUntil(banner(window).isVisible, timeout=10_000)
    file.with_suffix(".away").rename(file)
    qtbot.waitUntil(lambda: not banner(window).isVisible(), timeout=10_000)


def test_another_image_is_another_matter(window: MainWindow, qtbot: QtBot) -> None:
    at_hand(window).unlink()
    qtbot.waitUntil(banner(window).isVisible, timeout=10_000)
    window.session.walk.next()
    assert not banner(window).isVisible()


def test_where_the_system_tells_nothing_a_look_does(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"one")
    watch = FileWatch()
    watch.watch(file)
    watch.check()
    assert watch.state is FileState.SAME
    with qtbot.waitSignal(watch.changed):
        file.write_bytes(b"another")
        watch.check()
    assert watch.state is FileState.CHANGED
    file.unlink()
    watch.check()
    assert watch.state is FileState.GONE
    watch.watch(file)  # an image that is gone already
    assert watch.state is FileState.GONE
    file.write_bytes(b"back")
    watch.check()
    assert watch.state is FileState.CHANGED


def test_an_image_decoded_before_it_was_written_over_is_said_to_have_changed(
    window: MainWindow, qtbot: QtBot
) -> None:
    assert window.session.image
    before = window.loader._kept[window.session.image.id].stamp
    Image.fromarray(np.full((33, 44, 3), 200, np.uint8)).save(at_hand(window), format="PNG")
    window.file_acts.watch.watch(at_hand(window))
    assert not banner(window).isVisible()
    window.file_acts.watch.shown(before)
    assert banner(window).isVisible()


def test_an_image_found_elsewhere_does_not_bring_its_neighbours(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    there = tmp_path / "downloads"
    there.mkdir()
    for n in range(5):
        Image.fromarray(np.full((33, 44, 3), n, np.uint8)).save(there / f"{n}.png")
    count = len(window.session.image_list.statuses)
    answers = window.file_acts.ask
    assert isinstance(answers, Answers)
    answers.next_image = at_hand(window).rename(there / "moved.png")
    window.file_acts.relink()
    qtbot.waitUntil(lambda: at_hand(window).parent == there, timeout=10_000)
    window.loop.intake.refresh_folders()
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
    assert len(window.session.image_list.statuses) == count
    window.loop.intake.add_folder(there)  # now it is wanted
    qtbot.waitUntil(lambda: len(window.session.image_list.statuses) == count + 5, timeout=10_000)


def test_boxes_of_an_image_that_was_scaled_are_scaled_with_it(window: MainWindow, qtbot: QtBot) -> None:
    window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(40, 30, 20, 10), 1)])
    Image.fromarray(np.full((30, 40, 3), 200, np.uint8)).save(at_hand(window), format="PNG")
    window.file_acts.reread()
    qtbot.waitUntil(lambda: window.canvas.image_size == (40, 30), timeout=10_000)
    assert [a.bbox for a in window.session.annotations] == [BBox(20, 15, 10, 5)]
    assert "It was 80 x 60 and is 40 x 30" in window.news.text()
    window.session.history.undo()
    assert [a.bbox for a in window.session.annotations] == [BBox(40, 30, 20, 10)]


def test_an_image_with_boxes_outside_of_it_is_not_accepted(window: MainWindow, qtbot: QtBot) -> None:
    window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(60, 30, 10, 10), 1)])
    Image.fromarray(np.full((60, 40, 3), 200, np.uint8)).save(at_hand(window), format="PNG")
    window.file_acts.reread()
    qtbot.waitUntil(lambda: window.canvas.image_size == (40, 60), timeout=10_000)
    window.session.acts.accept_image()
    assert window.session.image_list.count("decided") == 0
    assert "1 box of this image lies outside of it" in window._warning.text()


def press_f5(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_F5)


def names_in_the_list(window: MainWindow) -> list[str]:
    model = window.queue.model
    assert window.session.project
    records = map(window.session.project.images.get, model.ids(range(model.rowCount())))
    return sorted(record.path for record in records if record)


def test_f5_brings_what_was_copied_into_the_folder(window: MainWindow, images: Path, qtbot: QtBot) -> None:
    Image.fromarray(np.full((33, 44, 3), 200, np.uint8)).save(images / "sub" / "later.png")
    (images / "scan.dcm").write_bytes(b"x")
    press_f5(window)
    qtbot.waitUntil(lambda: "sub/later.png" in names_in_the_list(window), timeout=10_000)
    qtbot.waitUntil(lambda: "1 new image. Left out" in window.news.text(), timeout=10_000)
    assert "1 .dcm" in window.news.text()
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
    assert window.session.project
    assert window.session.project.images.all()[-1].width == 44


def test_f5_reads_the_image_at_hand_again(window: MainWindow, qtbot: QtBot) -> None:
    Image.fromarray(np.full((30, 40, 3), 200, np.uint8)).save(at_hand(window), format="PNG")
    press_f5(window)
    qtbot.waitUntil(lambda: window.canvas.image_size == (40, 30), timeout=10_000)


def test_images_that_came_meanwhile_are_there_at_the_next_opening(
    make_window: MakeWindow, images: Path, qtbot: QtBot
) -> None:
    first = make_window()
    first.open_path(images)
    qtbot.waitUntil(lambda: first.session.is_open)
    first.loop.intake.refresh_folders()
    qtbot.waitUntil(
        lambda: not first.runner.jobs and len(first.session.image_list.statuses) == 4, timeout=20_000
    )
    first.close()
    Image.fromarray(np.full((33, 44, 3), 200, np.uint8)).save(images / "later.png")
    second = make_window(automatic=True)
    second.open_path(images)
    qtbot.waitUntil(
        lambda: second.session.is_open and "later.png" in names_in_the_list(second), timeout=20_000
    )


def test_pages_that_are_left_out_are_told_below_the_image(
    window: MainWindow, images: Path, qtbot: QtBot
) -> None:
    pages = [Image.new("RGB", (40, 30), (60 * n, 0, 0)) for n in range(3)]
    pages[0].save(images / "pages.tif", save_all=True, append_images=pages[1:])
    press_f5(window)
    qtbot.waitUntil(
        lambda: "pages.tif" in names_in_the_list(window) and not window.runner.jobs, timeout=20_000
    )
    assert window.session.project
    window.session.walk.go_to(window.session.project.images.all()[-1].id)
    qtbot.waitUntil(lambda: window.canvas.image_size == (40, 30), timeout=10_000)
    assert (
        "The file holds 3 pages; the first one is used, the other 2 pages are left out."
        in window.action_bar.why.text()
    )


def test_an_image_that_no_decoder_reads_says_why_and_leaves_the_others(
    window: MainWindow, images: Path, qtbot: QtBot
) -> None:
    (images / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    press_f5(window)
    qtbot.waitUntil(
        lambda: "broken.png" in names_in_the_list(window) and not window.runner.jobs, timeout=20_000
    )
    assert window.session.project
    broken = window.session.project.images.all()[-1]
    assert broken.reason
    window.session.walk.go_to(broken.id)
    qtbot.waitUntil(lambda: window.canvas.placeholder == broken.reason, timeout=10_000)

    def thumbnail() -> QImage | None:
        return window.loader.thumbnail(broken.id, lambda: images / "broken.png")

    qtbot.waitUntil(lambda: thumbnail() is not None, timeout=10_000)
    made = thumbnail()
    assert made is not None
    assert made.isNull()
    window.session.walk.go_to(1)
    qtbot.waitUntil(lambda: window.canvas.has_image, timeout=10_000)


def test_a_file_replaced_while_another_image_is_on_screen_is_named_by_refresh(
    window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
    window.loop.intake.refresh_folders(is_asked=True)
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
    file, image = at_hand(window), window.session.image
    assert image
    window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1)])
    window.session.walk.next()
    noise = np.random.default_rng(1).integers(0, 256, (image.height or 0, image.width or 0, 3), np.uint8)
    Image.fromarray(noise).save(file, format="PNG")
    messages: list[str] = []
    window.session.messages.info.connect(messages.append)
    window.file_acts.refresh()
    qtbot.waitUntil(lambda: any(image.path in text for text in messages), timeout=20_000)
    assert any("changed on the disk: The file is another one" in text for text in messages)
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
    assert window.session.image_list.statuses[image.id] == "unreadable"
