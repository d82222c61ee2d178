"""The window: where things are, and which act belongs to which key. What acts do stands elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDockWidget,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop import __version__
from hitl_desktop.domain.attributes import COMMON
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import REASON_OF, QueueReason
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.paths import config_dir, log_file
from hitl_desktop.settings import Settings
from hitl_desktop.texts import REASON_TEXT
from hitl_desktop.ui.boxes.attribute_acts import AttributeActs
from hitl_desktop.ui.boxes.category_acts import CategoryActs
from hitl_desktop.ui.boxes.category_keys import CategoryKeys
from hitl_desktop.ui.boxes.controller import Controller
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.boxes.unknown_acts import UnknownActs
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.files.exchange_acts import ExchangeActs
from hitl_desktop.ui.files.file_acts import FileActs
from hitl_desktop.ui.files.reports import Reports
from hitl_desktop.ui.images.image_loader import ImageLoader
from hitl_desktop.ui.jobs.finishing import finish_files
from hitl_desktop.ui.jobs.runner import FILES, JobRunner
from hitl_desktop.ui.keys.actions import Actions, ActionSpec
from hitl_desktop.ui.keys.cheat_sheet import CheatSheet
from hitl_desktop.ui.keys.keys_editor import KeysEditor
from hitl_desktop.ui.keys.palette import Palette
from hitl_desktop.ui.loop.background import Background
from hitl_desktop.ui.model.class_acts import ClassActs
from hitl_desktop.ui.model.head_acts import HeadActs
from hitl_desktop.ui.model.model_panel import ModelPanel
from hitl_desktop.ui.model.tune_acts import TuneActs
from hitl_desktop.ui.project.session import Session
from hitl_desktop.ui.quality.audit_acts import AuditActs
from hitl_desktop.ui.quality.bulk_accept_acts import BulkActs
from hitl_desktop.ui.quality.label_error_acts import ErrorActs
from hitl_desktop.ui.quality.self_agreement_acts import ConsistencyActs
from hitl_desktop.ui.quality.validation_acts import ValidateActs
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.queue.queue_acts import QueueActs
from hitl_desktop.ui.queue.queue_panel import QueuePanel
from hitl_desktop.ui.queue.set_acts import SetActs
from hitl_desktop.ui.shell.garbage import GarbageTimer
from hitl_desktop.ui.shell.welcome import Welcome
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.ui.widgets.messages import Messages
from hitl_desktop.ui.widgets.once import once
from hitl_desktop.ui.widgets.theme import apply_theme
from hitl_desktop.ui.widgets.toast import Toast
from hitl_desktop.workflows.images.open_folder import Place, locate, open_place
from hitl_desktop.workflows.projects.sample import default_sample_folder, make_sample
from hitl_desktop.workflows.training.late_categories import LateCategories, reopen

_OPENING = "opening"
_SHOWN_MS = 6000
_TUNING_HEIGHT = 340


class MainWindow(QMainWindow):
    """Canvas in the middle, queue left, inspector right, model panel below."""

    def __init__(
        self, settings: Settings, *, automatic: bool = True, ask: Callable[[QWidget], Ask] = Ask
    ) -> None:
        super().__init__()
        self.settings = settings
        self.setWindowTitle("HITL Desktop")
        self.setAcceptDrops(True)
        self.resize(1360, 860)
        self.messages = Messages(self)
        self.ask = ask(self)
        self.runner = JobRunner()
        self._warns_of_disk = False
        self._height_before = 0
        self._recent: list[QAction] = []
        self._garbage = GarbageTimer()
        self._garbage.start()
        self.loader = ImageLoader()
        self.session = Session(settings, self.messages)
        self.background = Background(self.session, self.runner, automatic=automatic)
        self.canvas = Canvas()
        self.queue = QueuePanel(self.session, self.loader)
        self.inspector = Inspector(self.session)
        self.model_panel = ModelPanel(self.session, self.runner, self.background)
        self.controller = Controller(
            self.session, self.canvas, self.inspector, self.loader, self.messages, self.ask
        )
        report_banner = Banner(calm=True)
        self.reports = Reports(self.runner, report_banner, self.messages, self.ask)
        self._make_acts()
        self.setCentralWidget(self._make_centre(report_banner))
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._docks = [
            self._dock("Queue", self.queue, Qt.DockWidgetArea.LeftDockWidgetArea),
            self._dock("Inspector", self.inspector, Qt.DockWidgetArea.RightDockWidgetArea),
            self._dock("Model", self.model_panel, Qt.DockWidgetArea.BottomDockWidgetArea),
        ]
        self.actions_ = Actions(self, self.canvas, self._handlers())
        self.canvas.held_keys = self.actions_.keys_of
        self.actions_.load(_keys(settings))
        self.actions_.add_to_menu("&View", [dock.toggleViewAction() for dock in self._docks])
        self.category_keys = CategoryKeys(self.session, self.canvas, self.controller.use_category_key)
        self.queue.list.addActions(self.actions_.of_menu("&Queue"))
        self.inspector.categories.addActions(self.actions_.of_menu("&Category"))
        self._make_status_bar()
        self._connect()
        self._restore()
        self._show_state()

    def _make_centre(self, report_banner: Banner) -> QWidget:
        """The canvas, or the welcome page, below what is to be read and answered."""
        notices: list[Toast] = []
        self.receipt, self.better = Toast(self, notices), Toast(self, notices, stays=True)
        self.welcome = Welcome()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.canvas)
        self._warning, self._offer, self._elsewhere = Banner(), Banner(calm=True), 0
        self._late_banner, self._overlooked = Banner(calm=True), LateCategories()
        file_banner, replace_banner, class_banner = Banner(), Banner(), Banner(calm=True)
        self.class_acts = ClassActs(
            self.session, self.runner, self.background, class_banner, Toast(self, notices), self
        )
        self.file_acts = FileActs(
            self.session, self.runner, self.background, self.loader, file_banner, self.ask
        )
        self.exchange_acts = ExchangeActs(
            self.session, self.runner, self.background, self.messages, self._warning, replace_banner, self.ask
        )
        urgent = (self._warning, replace_banner, file_banner)
        return _column(*urgent, report_banner, class_banner, self._late_banner, self._offer, self._pages)

    def _make_acts(self) -> None:
        """What hands do, by kind."""
        self.category_acts = CategoryActs(
            self.session, self.background, self.ask, self.messages, self._owner_of
        )
        self.attribute_acts = AttributeActs(
            self.session, self.controller, self.inspector, self.messages, self.ask
        )
        self.queue_acts = QueueActs(self.session, self.background, self.queue, self.messages, self.ask)
        self.unknown_acts = UnknownActs(
            self.session, self.runner, self.background, self.controller, self.messages, self
        )
        self.audit_acts = AuditActs(self.session, self.runner, self.messages, self.ask, self.reports, self)
        self.consistency_acts = ConsistencyActs(self.session, self.runner, self.messages, self)
        self.bulk_acts = BulkActs(self.session, self.runner, self.background, self.messages, self)
        self.validate_acts = ValidateActs(
            self.session, self.runner, self.background, self.messages, self.ask, self
        )
        self.error_acts = ErrorActs(
            self.session, self.runner, self.background, self.canvas, self.messages, self
        )
        self.head_acts = HeadActs(self.session, self.runner, self.background, self.messages, self.ask, self)
        self.tune_acts = TuneActs(
            self.session, self.runner, self.canvas, self.model_panel, self.messages, self.reports
        )
        self.set_acts = SetActs(
            self.session,
            self.runner,
            self.background,
            self.controller,
            self.queue,
            self.messages,
            self.ask,
            self,
        )

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(widget)
        dock.hide()
        self.addDockWidget(area, dock)
        return dock

    def _show_tuning(self) -> None:
        """Show what was measured of the loop in the model panel, as high as it takes to read it."""
        dock = self._docks[-1]
        dock.show()
        dock.raise_()
        if self.model_panel.tabs.currentIndex() == 0:
            self.model_panel.tabs.setCurrentIndex(1)
        else:
            self.tune_acts.show()
        self.model_panel.tabs.setFocus()

    def _make_room(self, number: int) -> None:
        """Let plots have room, and give it back to the canvas afterwards."""
        dock = self._docks[-1]
        if number > 0 and dock.height() < _TUNING_HEIGHT:
            self._height_before = dock.height()
            self.resizeDocks([dock], [_TUNING_HEIGHT], Qt.Orientation.Vertical)
        elif number == 0 and self._height_before:
            self.resizeDocks([dock], [self._height_before], Qt.Orientation.Vertical)
            self._height_before = 0

    def _make_status_bar(self) -> None:
        self.why, self.place, self.threshold, self.share = QLabel(), QLabel(), QLabel(), QLabel()
        self.why.setToolTip("Why this picture is asked about")
        self.speed, self.saved = QLabel(), QLabel()
        self.threshold.setToolTip("Proposals with a lower score are not shown; [ shows more, ] fewer")
        for label in (self.why, self.place, self.threshold, self.share, self.speed, self.saved):
            self.statusBar().addPermanentWidget(label)

    def _connect(self) -> None:
        self.messages.info.connect(self._say)
        self.messages.warning.connect(self._warning.show_text)
        self._warning.dismissed.connect(self.messages.forget)
        self.session.done_elsewhere.connect(self._offer_to_go)
        self.session.leaving.connect(self._offer.hide)
        self._offer.offered.connect(self._go_elsewhere)
        self.background.found_late.connect(self._offer_to_reopen)
        self._late_banner.offered.connect(self._reopen_overlooked)
        self.session.opened.connect(self._late_banner.hide)
        self.session.receipt.connect(partial(self.receipt.show_text, action="Undo"))
        self.receipt.acted.connect(self.background.undo)
        self.session.opened.connect(self.receipt.hide)
        self.session.changed.connect(self._receipt_is_old)
        self.session.better_changed.connect(self._show_better)
        self.better.acted.connect(self.session.take_better)
        self.runner.on_failure = lambda _title, error: self.messages.error(error)
        self.session.opened.connect(self._on_opened)
        self.session.image_changed.connect(self._show_state)
        self.session.boxes_changed.connect(self._show_state)
        self.session.changed.connect(self._show_state)
        self.session.saving.changed.connect(self._show_saved)
        self.queue.left.connect(self.canvas.setFocus)
        self.queue.model.filter_wanted.connect(self.background.filter_queue)
        self.welcome.folder_asked.connect(self._open_folder)
        self.welcome.project_asked.connect(self._open_project)
        self.welcome.sample_asked.connect(self._open_sample)
        self.model_panel.learn_asked.connect(self.background.learn)
        self.model_panel.prelabel_asked.connect(self.background.prelabel)
        self.model_panel.use_waiting_asked.connect(self.head_acts.use_waiting)
        self.model_panel.versions_asked.connect(self.head_acts.choose)
        self.model_panel.reliability_asked.connect(self.head_acts.show_reliability)
        self.model_panel.left.connect(self.canvas.setFocus)
        self.model_panel.tabs.currentChanged.connect(self._make_room)

    def _handlers(self) -> dict[str, Callable[[], object]]:
        session, canvas, controller = self.session, self.canvas, self.controller
        return {
            "open_folder": self._open_folder,
            "open_project": self._open_project,
            "open_sample": self._open_sample,
            "add_folder": self._add_folder,
            "import_coco": self.exchange_acts.import_file,
            "export_coco": self._export,
            "export_all": partial(self._export, all_images=True),
            "refresh": self.file_acts.refresh,
            "relink": self.file_acts.relink,
            "quit": self.close,
            "undo": self.background.undo,
            "redo": session.redo,
            "go_elsewhere": self._go_elsewhere,
            "accept_picture": controller.accept_picture,
            "mark_empty": controller.mark_empty,
            "skip": controller.skip,
            "mix": self.queue_acts.mix,
            "skip_selected": self.queue_acts.skip,
            "reopen_selected": self.queue_acts.reopen,
            "tag_selected": self.queue_acts.tag,
            "untag_selected": self.queue_acts.untag,
            "focus_queue": self.queue.take_focus,
            "find_picture": self.queue.text.setFocus,
            "more_filters": self.queue.more.toggle,
            "next": session.next,
            "previous": session.previous,
            "next_box": partial(canvas.select_next, 1),
            "previous_box": partial(canvas.select_next, -1),
            "accept_box": controller.accept_box,
            "remove_box": controller.remove_box,
            "begin_box": canvas.begin_box,
            **{
                name: getattr(controller, name)
                for name in (
                    "duplicate",
                    "copy",
                    "paste",
                    "take_previous",
                    "select_all",
                    "select_category",
                    "toggle_lock",
                    "hide_selected",
                    "hide_category",
                    "show_hidden",
                )
            },
            **{
                f"draw_by_{n}": partial(controller.draw_by, c)
                for n, c in (("drag", 0), ("corners", 2), ("extremes", 4))
            },
            "find_category": controller.find_category,
            "take_better": session.take_better,
            **{f"category_{n}": partial(controller.use_category_number, n) for n in range(1, 10)},
            "unknown": self.unknown_acts.mark,
            "name_unknowns": self.unknown_acts.show_wall,
            "rename_category": self.category_acts.rename,
            "recolour_category": self.category_acts.recolour,
            "choose_category_key": self.category_acts.choose_key,
            "merge_category": self.category_acts.merge,
            "retire_category": self.category_acts.retire,
            **{f"say_{a.name}": partial(self.attribute_acts.toggle, a.name) for a in COMMON},
            **{f"attribute_{n}": partial(self.attribute_acts.use_number, n) for n in range(1, 10)},
            "add_attribute": self.attribute_acts.add,
            "remove_attribute": self.attribute_acts.remove,
            **{f"tag_{n}": partial(self.attribute_acts.toggle_tag, n) for n in range(1, 10)},
            "fit": canvas.fit,
            "zoom_in": partial(canvas.zoom, 1.25),
            "zoom_out": partial(canvas.zoom, 0.8),
            "real_size": canvas.zoom_to_pixels,
            "brighter": partial(controller.step_display, brightness=0.1),
            "darker": partial(controller.step_display, brightness=-0.1),
            "more_contrast": partial(controller.step_display, contrast=1.25),
            "less_contrast": partial(controller.step_display, contrast=0.8),
            "more_gamma": partial(controller.step_display, gamma=1.25),
            "less_gamma": partial(controller.step_display, gamma=0.8),
            "stretch": controller.toggle_stretch,
            "plain_display": partial(controller.show_as, Display()),
            "threshold_down": partial(controller.change_threshold, -1),
            "threshold_up": partial(controller.change_threshold, 1),
            "edit_tags": self.inspector.tags.setFocus,
            **{f"theme_{name}": partial(self._set_theme, name) for name in ("system", "light", "dark")},
            "prelabel": self.background.prelabel,
            "learn": self.background.learn,
            "use_waiting": self.head_acts.use_waiting,
            "go_back_a_head": self.head_acts.go_back,
            "map_classes": self.head_acts.map_classes,
            "versions": self.head_acts.choose,
            "reliability": self.head_acts.show_reliability,
            "export_head": self.head_acts.export,
            "look_closer": self.head_acts.plan_input_resolution,
            "pin": self.set_acts.pin,
            "sets": self.set_acts.manage,
            "find_more": self.set_acts.find_more,
            "label_errors": self.error_acts.show,
            "audit": self.audit_acts.show,
            "tune": self._show_tuning,
            "report": self.tune_acts.write,
            "look_again": self.consistency_acts.show,
            "accept_many": self.bulk_acts.show,
            "check_accepted": self.bulk_acts.check,
            "validate": self.validate_acts.show,
            "stop_jobs": self.background.stop,
            "palette": self._find_command,
            "edit_keys": self._edit_keys,
            "cheat_sheet": self._show_keys,
            "show_log": lambda: self.ask.tell("Log", f"The log lies at {log_file()}"),
            "about": lambda: self.ask.tell("About", f"HITL Desktop {__version__}. Apache License 2.0."),
        }

    def _owner_of(self, key: str) -> ActionSpec | None:
        return self.actions_.owner_of(key)

    def _edit_keys(self) -> None:
        names = self.session.known.of
        chords = {
            key: names[i] for i, key in self.session.known.hotkeys.items() if not key.isdigit() and i in names
        }
        with once(KeysEditor(self.actions_, self, chords)) as editor:
            editor.exec()
        self.session.keep("keys", json.dumps(self.actions_.chosen))

    def _show_keys(self) -> None:
        with once(CheatSheet(self.actions_, self)) as sheet:
            sheet.exec()

    def _find_command(self) -> None:
        with once(Palette(self.actions_.all(), self, self._recent)) as palette:
            palette.exec()
        self.canvas.setFocus()
        chosen = palette.chosen
        if chosen is not None:
            self._recent = [chosen, *(action for action in self._recent if action is not chosen)]
            chosen.trigger()

    # opening and closing

    def open_path(self, path: Path) -> None:
        """Open a project, or a folder of pictures; if that fails, what was open stays open.

        Looking through a folder may mean walking through a large tree, so that is a job.
        """
        if path.is_dir():
            self.runner.abandon(_OPENING)  # another folder was chosen
            self.runner.start(_OPENING, "Looking for pictures", partial(locate, path), on_success=self._open)
            self.messages.say(f"Looking for pictures in {path}...")
        else:
            self._open(Place(path))

    def _open(self, place: Place) -> None:
        self.inspector.commit()
        if not self._may_leave():
            return
        try:
            project = open_place(place)
        except HitlError as error:
            self.messages.error(error)
            return
        _end_dialogs()
        self.background.stop()
        self._warning.dismiss()
        try:
            self.session.use(project)
        except HitlError as error:
            self.messages.error(error)

    def _on_opened(self) -> None:
        if self.session.project is None:
            return
        self.setWindowTitle(f"{self.session.project.path.stem} - HITL Desktop")
        self._pages.setCurrentWidget(self.canvas)
        first_time = not any(dock.isVisible() for dock in self._docks)
        for dock in self._docks:
            dock.show()
        if first_time and not self._docks_known:
            self.resizeDocks(self._docks[:2], [280, 330], Qt.Orientation.Horizontal)
        self.canvas.setFocus()

    def _open_folder(self) -> None:
        folder = self.ask.folder()
        if folder is not None:
            self.open_path(folder)

    def _open_project(self) -> None:
        file = self.ask.project()
        if file is not None:
            self.open_path(file)

    def _open_sample(self) -> None:
        job = partial(make_sample, default_sample_folder())
        self.runner.start(FILES, "Making the sample", job, on_success=self.open_path)

    def _add_folder(self) -> None:
        folder = self.ask.folder()
        if folder is not None:
            self.background.add_folder(folder)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the jobs, close the project, remember where everything stood."""
        self.inspector.commit()
        if not self._may_leave() or not finish_files(self.runner, self):
            event.ignore()
            return
        self.model_panel.tabs.setCurrentIndex(0)  # what is kept is how high the panel is as a rule
        store = self._window_settings()
        store.setValue("geometry", self.saveGeometry())
        if self.session.is_open:
            store.setValue("docks", self.saveState())
        self.file_acts.watch.watch(None)
        self.audit_acts.close()
        self.validate_acts.close()
        self.bulk_acts.close()
        self.consistency_acts.close()
        self.set_acts.close()
        self.unknown_acts.close()
        self.error_acts.close()
        self.hide()  # other jobs stop at their next check; nobody has to watch
        self.runner.close()
        self._garbage.stop()
        self.loader.close()
        self.session.close()
        self.canvas.show_picture((), (0, 0))  # ends what reads its tiles
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Back from another program, which may have written to the picture."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.file_acts.watch.look()

    def _may_leave(self) -> bool:
        """Whether the open project may be closed: not over an act that waits for the disk, unless a person
        says so."""
        saving = self.session.saving
        return saving.retry() or self.ask.confirm(
            "Not saved",
            "The last act is not in the project: its disk is full or cannot be written. Close and lose it?",
        )

    def _window_settings(self) -> QSettings:
        return QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)

    def _restore(self) -> None:
        store = self._window_settings()
        self._docks_known = store.contains("docks")
        geometry, docks = store.value("geometry"), store.value("docks")
        if geometry is not None:
            self.restoreGeometry(geometry)  # type: ignore[arg-type]
        if docks is not None:
            self.restoreState(docks)  # type: ignore[arg-type]
            for dock in self._docks:
                dock.hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A folder or a project may be dropped on the window."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        urls = event.mimeData().urls()
        if urls and urls[0].isLocalFile():
            self.open_path(Path(urls[0].toLocalFile()))

    def _export(self, *, all_images: bool = False) -> None:
        self.exchange_acts.export_file(all_images=all_images)

    # state

    def _show_state(self, _changes: object = None) -> None:
        session = self.session
        self.actions_.enable(project=session.is_open, picture=session.image is not None)
        if not session.is_open:
            return
        total = len(session.pictures.statuses)
        decided = session.pictures.count("decided")
        place = (
            f"picture {session.pictures.order.position + 1} of {total}"
            if session.image
            else f"{total} pictures"
        )
        place = "listing the pictures" if session.pictures.is_listing and not total else place
        name = session.image.path if session.image else ""
        state = session.image.status if session.image else ""
        remark = session.image.remark if session.image and not session.image.reason else None
        self.why.setText("   ".join(filter(None, (self._why_asked(), remark))))
        self.place.setText(f"{name}   {state}   {place}")
        own = f", {len(session.thresholds.own)} of their own" if session.thresholds.own else ""
        self.threshold.setText(f"shown from {session.thresholds.general:.2f}{own}")
        self.share.setText(f"{decided} decided ({decided / total:.0%})" if total else "")
        self.speed.setText(self.background.speed)
        self._show_saved()

    def _why_asked(self) -> str:
        """Why the picture at hand is worth a look."""
        project, image = self.session.project, self.session.image
        if self.session.again:
            return f"Asked about again: {REASON_TEXT[REASON_OF[self.session.again]]}"
        if project is None or image is None or image.state is not ImageState.UNDECIDED or image.reason:
            return ""
        ranked = project.queue.place_of(image.id)
        return "" if QueueReason.UNSEEN & ranked.queues else f"Asked about: {REASON_TEXT[ranked.reason]}"

    def _show_saved(self) -> None:
        saving = self.session.saving
        failed = (
            "NOT SAVED, tried again every 2 s"
            if saving.is_waiting
            else "NOT SAVED"
            if saving.has_failed
            else ""
        )
        self.saved.setText(failed or ("saving" if saving.is_pending else "saved"))
        if self._warns_of_disk and not saving.has_failed:
            self._warning.dismiss()
        self._warns_of_disk = saving.has_failed

    def _say(self, text: str) -> None:
        self.statusBar().showMessage(text, _SHOWN_MS)

    def _offer_to_go(self, image_id: int, text: str) -> None:
        self._elsewhere = image_id
        self._offer.show_text(text, "Go there (Ctrl+J)")

    def _go_elsewhere(self) -> None:
        if self._offer.isVisible():
            self.session.go_to(self._elsewhere)
            self.canvas.setFocus()

    def _offer_to_reopen(self, overlooked: LateCategories) -> None:
        self._overlooked = overlooked
        names = " or ".join(overlooked.names)
        count = counted(len(overlooked.images), "decided picture")
        self._late_banner.show_text(f"{count} may contain {names}, added later.", "Reopen and check")

    def _reopen_overlooked(self) -> None:
        self._late_banner.hide()
        if self.session.manage(partial(reopen, overlooked=self._overlooked)):
            self.background.rank()

    def _receipt_is_old(self, changes: Changes) -> None:
        """Another act, or its undo, was done since: the button would take that back."""
        if changes.annotations_of or changes.categories or changes.go_to is not None:
            self.receipt.hide()

    def _show_better(self, is_ready: bool) -> None:
        if is_ready:
            self.better.show_text("Newer suggestions are ready.", "Show (R)")
        else:
            self.better.hide()

    def _set_theme(self, name: str) -> None:
        self.session.keep("theme", name)
        apply_theme(name)


def _end_dialogs() -> None:
    """Cancel what is being asked about the project that is left: the answer would be taken for the next
    one."""
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.hide()
    while (dialog := QApplication.activeModalWidget()) is not None:
        dialog.reject() if isinstance(dialog, QDialog) else dialog.hide()


def _column(*widgets: QWidget) -> QWidget:
    """Widgets one below the other; the last one takes what room there is."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget)
    column.setStretch(len(widgets) - 1, 1)
    return whole


def _keys(settings: Settings) -> dict[str, str]:
    """The keys that a person chose; none if what is stored is damaged."""
    try:
        stored: object = json.loads(settings.text("keys"))
    except ValueError:
        return {}
    items = cast("dict[object, object]", stored).items() if isinstance(stored, dict) else ()
    return {i: key for i, key in items if isinstance(i, str) and isinstance(key, str)}
