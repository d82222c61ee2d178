"""The main states of the window, one after the other, on a small project with something in every panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.dataset import BoxForm, Dataset, DatasetImage, ImportIssue, ImportResult, IssueKind
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.progress import NoProgress
from hitl_desktop.settings import Settings
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.project import Project
from hitl_desktop.ui.jobs.preparing import PreparingDialog
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.quality.label_error_panel import LabelErrorPanel
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.images.edge_cases import toggle_edge_case
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.unknowns import Unknown
from hitl_desktop.workflows.queue import relabelling
from hitl_desktop.workflows.queue.rank import refresh_queue
from tests.workflows.quality.test_threshold_advice import see

SIZE = (320, 240)
WAITS = "on images that neither was taught (8 images) it names worse: 0.51 after 0.93, at most 0.60 by chance"
DIALOGS = (
    "palette", "cheat_sheet", "edit_keys", "versions", "reliability", "map_classes", "mix", "about",
)  # fmt: skip


@dataclass(frozen=True)
class Content:
    """How much is in a project, and how long its names are."""

    categories: int = 3
    boxes: int = 3
    length: int = 0

    def name(self, text: str) -> str:
        """A name made as long as wanted."""
        return f"{text} {'long name ' * 20}"[: self.length].strip() if self.length else text


FULL = Content(300, 5000, 200)


def make_project(folder: Path, content: Content = Content()) -> Path:
    """Nine images, the last six of them decided."""
    images = folder / "images"
    images.mkdir(parents=True)
    for n in range(9):
        pixels = np.full((SIZE[1], SIZE[0], 3), 200, np.uint8)
        pixels[40:120, 40:140] = (40 * n, 200, 60) if n < 3 else (120, 60, 200)  # an audit draws from these
        Image.fromarray(pixels).save(images / f"{content.name(f'image {n}')}.png")
    file = folder / "p.hitl"
    with Project.create(file) as project:
        add_folder(project, images, NoProgress())
        scan(project, NoProgress())
        _fill(project, content)
        refresh_queue(project, None, NoProgress())
        project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


def _fill(project: Project, content: Content) -> None:
    names = [content.name(f"{n} cell") for n in range(content.categories)]
    ids = [project.categories.ensure(name).id for name in names]
    for image_id in range(4, 9):
        see(project, image_id, [(names[0], 0.8, True), (names[1], 0.7, False)], missed=1)
        project.decisions.add(Decision(image_id, DecisionKind.CORRECTED, 4.0, Acts(drawn=1)))
    project.images.set_state(9, ImageState.SKIPPED)
    model = project.models.ensure("other hash", content.name("detector"), (*names[:2], content.name("boat")))
    project.models.set_detector(model.id)
    boxes = np.array([[40, 40, 100, 80], [200, 40, 60, 50], [30, 160, 60, 50], [200, 150, 60, 60]], float)
    scores = np.array([[0.9, 0.1, 0], [0.1, 0.8, 0], [0.45, 0.1, 0], [0, 0, 0.9]], np.float32)
    for image_id in (1, 2, 3):
        project.predictions.replace(image_id, model.id, Detections(boxes, scores))
    use_as_categories(project, names[:2])
    many = [BBox(3 * (n % 100), 4 * (n // 100), 2, 3) for n in range(content.boxes)]
    if content.boxes > 10:
        project.annotations.add([Annotation(0, 9, ids[n % len(ids)], b) for n, b in enumerate(many)])
    toggle_edge_case(project, 4, content.name("glare"))
    tags = [project.tags.ensure(content.name(tag)).id for tag in ("blurred", "stained")]
    project.images.set_tags(1, tags)
    found = BBox(45, 45, 90, 70)
    project.label_issues.replace_open(
        (4, 5), [LabelIssue(i, Kind.PLACE, 0.99, BBox(0, 0, 2, 2), ids[0], found, ids[0]) for i in (4, 5)]
    )
    head = ClassificationHead(
        np.array([ids[0]]), np.zeros(4, np.float32), np.zeros((4, 2), np.float32), np.zeros(2, np.float32),
        np.ones(2, np.float32), 0.5,
    ).to_bytes()  # fmt: skip
    summary = HeadSummary(8, 30, 1, 0.4, 41, 50, 47, 0.69, 0.9)
    project.heads.activate(project.heads.add(model.id, head, summary))
    project.heads.add(model.id, head, summary, waits=WAITS)


class FirstChoice(Ask):
    """Takes the first of what is offered."""

    def choice(self, title: str, label: str, options: Sequence[str]) -> str | None:
        return options[0]


class Walk:
    """Goes through the states of a window and calls `look` in each with its name and what to look at."""

    def __init__(self, look: Callable[[str, QWidget], None]) -> None:
        self._look = look
        self.window = MainWindow(Settings(), automatic=False, ask=FirstChoice)
        self.window.resize(1280, 720)
        self.window.show()
        self.seen: list[str] = []

    def settle(self) -> None:
        """Let what was begun end."""
        loop = QEventLoop()
        for wait in (1, 1, 20):
            QTimer.singleShot(wait, loop.quit)
            loop.exec()
            while self.window.runner.jobs or self.window.runner._quiet:
                QTimer.singleShot(10, loop.quit)
                loop.exec()

    def look(self, name: str) -> None:
        """Look at the window."""
        self.settle()
        self.seen.append(name)
        self._look(name, self.window)

    def open(self, project: Path) -> None:
        """Open a project and wait for its first image."""
        self.window.open_path(project)
        while not self.window.canvas.has_image:
            self.settle()
        self.settle()

    def labelling(self) -> None:
        """Suggestions, a selection, filters, notices."""
        window = self.window
        self.look("suggestions")
        window.canvas.select_next()
        self.look("selection")
        window.inspector.other_classes.title.click()
        self.look("other classes")
        window.inspector.other_classes.title.click()
        at_hand = window.session.at_hand
        window.session.walk.go_to(9)
        self.look("another image")
        window.session.walk.go_to(4)
        window.actions_["compare"].trigger()
        self.look("compare")
        window.actions_["compare"].trigger()
        window.session.walk.go_to(at_hand)
        window.queue.more.setChecked(True)
        self.look("filters")
        window.queue.more.setChecked(False)
        window.guide.show()
        for card in (window.guide.question, window.guide.all_done, window.guide.tour):
            card.show_text(*card.words())
            self.look(f"guide: {type(card).__name__}")
            card.hide()
        window.guide.show_due()
        window.actions_["accept_picture"].trigger()
        window.messages.warn("The disk is full: the last act is kept here and is written once there is room.")
        window.messages.show("Suggestions of the current version are made for the images that come next.")
        self.look("notices")
        window._warning.dismiss()
        window.news.hide()
        window.actions_["undo"].trigger()

    def panels(self) -> None:
        """The model panel, each of its tabs, and the popover."""
        window = self.window
        window.toolbar.model.click()
        self.settle()
        self._dialog_look("popover", window.model_chip.popover)
        window.model_chip.popover.details.click()
        self.look("model")
        for tab in range(1, window.model_panel.tabs.count()):
            window.model_panel.tabs.setCurrentIndex(tab)
            self.look(f"model tab {tab}")
        window.model_panel.tabs.setCurrentIndex(0)
        window.model_chip.popover.details.click()

    def modes(self) -> None:
        """Each review mode."""
        window, before = self.window, relabelling.FORGOTTEN_AFTER
        relabelling.FORGOTTEN_AFTER = 2
        for name in ("label_errors", "audit", "validate", "accept_many", "look_again"):
            window.actions_[name].trigger()
            self._wait_for_mode(name)
        relabelling.FORGOTTEN_AFTER = before
        one = Unknown(Annotation(1, 1, 1, BBox(0, 0, 5, 5)), np.zeros((96, 96, 3), np.uint8))
        window.unknown_acts._show([[one] * 4])
        self._wait_for_mode("unknown")

    def _wait_for_mode(self, name: str) -> None:
        modes: list[ReviewMode] = []
        for _ in range(200):
            self.settle()
            modes = [m for m in self.window.findChildren(ReviewMode) if m.isVisible()]
            if modes:
                break
        (mode,) = modes
        if isinstance(mode, LabelErrorPanel):
            for row in (1, 0):  # the image is zoomed anew, now that the panel has its width
                mode.list.setCurrentRow(row)
                self.settle()
        for _ in range(5):
            self.settle()
        self.look(name)
        mode.left.emit()
        self.settle()

    def dialogs(self, content: Content = Content()) -> None:
        """What commands open, and the questions."""
        window, ask = self.window, Ask(self.window)
        for name in DIALOGS:
            self._opened(name, window.actions_[name].trigger)
        long = content.name("What is this?")
        self._opened("text", lambda: ask.text("Name of the category", "The new name of it", long))
        self._opened("choice", lambda: ask.choice("Merge", "Into which category?", [long, "other"]))
        self._opened("confirm", lambda: ask.confirm("Not saved", f"{WAITS}. Delete {long}?"))
        self._opened("either", lambda: ask.either("Not saved", WAITS, "Use the file", "Keep the project"))
        self._opened("tell", lambda: ask.tell("Log", f"The log is in {long}", "details"))
        self._opened("attribute", lambda: ask.attribute(window.session.known.categories[0]))
        data = Dataset((DatasetImage(1, f"{long}.png", 10, 10, state=None),), (), ())
        result = ImportResult(
            data, (ImportIssue(long, WAITS, next(iter(IssueKind))),), suspected=BoxForm.CORNERS
        )
        self._opened("import", lambda: ask.confirm_import(result))
        formats = {"coco": "COCO detection", "yolo": "YOLO (Ultralytics)"}
        self._opened("export", lambda: ask.how_to_export(formats))

    def _opened(self, name: str, opens: Callable[[], object]) -> None:
        """Look at what opens, also if the call returns only once that is closed."""
        seen = []

        def look() -> None:
            for top in QApplication.topLevelWidgets():
                if (
                    isinstance(top, QDialog | QMenu)
                    and top.isVisible()
                    and not isinstance(top, PreparingDialog)
                ):
                    seen.append(top)
                    self._dialog_look(name, top)
                    top.close()

        timer = QTimer(interval=10)
        timer.timeout.connect(look)
        timer.start()
        opens()
        for _ in range(100):
            if seen:
                break
            self.settle()
        timer.stop()
        assert seen, name

    def _dialog_look(self, name: str, dialog: QWidget) -> None:
        self.seen.append(name)
        self._look(name, dialog)
