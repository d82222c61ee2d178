"""The window: where things are, and which act belongs to which key. What acts do stands elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QWidget,
)

from hitl_desktop.domain.edits import Changes
from hitl_desktop.errors import HitlError
from hitl_desktop.paths import config_dir, project_name
from hitl_desktop.service.jobs import FILES
from hitl_desktop.settings import Settings
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.context_bar import ContextBar
from hitl_desktop.ui.categories.category_keys import CategoryKeys
from hitl_desktop.ui.jobs.finishing import finish_files
from hitl_desktop.ui.keys.action_table import Menu
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.model.first_suggestions import FirstSuggestions
from hitl_desktop.ui.model.model_chip import ModelChip
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.shell.act_states import OF_CATEGORY, ActStates
from hitl_desktop.ui.shell.action_bar import ActionBar
from hitl_desktop.ui.shell.guide import Guide
from hitl_desktop.ui.shell.key_acts import KeyActs
from hitl_desktop.ui.shell.looks import Looks
from hitl_desktop.ui.shell.recent import note_session
from hitl_desktop.ui.shell.toolbar import Toolbar
from hitl_desktop.ui.window_parts import WindowParts
from hitl_desktop.workflows.images.open_folder import Place, locate, open_place
from hitl_desktop.workflows.projects.sample import default_sample_folder, make_sample

_OPENING = "opening"
_LAYOUT = "layout"


class MainWindow(WindowParts):
    """The window as people use it: its parts connected, projects opened and closed, its state shown."""

    def __init__(
        self, settings: Settings, *, automatic: bool = True, ask: Callable[[QWidget], Ask] = Ask
    ) -> None:
        super().__init__(settings, automatic=automatic, ask=ask)
        self.key_acts = KeyActs(
            self.session,
            self.canvas,
            self,
            lambda: self.act_states.refresh(),  # noqa: PLW0108 - made below
        )
        self.looks = Looks(self.session, self.canvas)
        self.actions_ = Actions(self, self.canvas, self._handlers())
        self.canvas.held_keys.keys_of = self.actions_.keys_of
        self.actions_.load(_keys(settings))
        self.comparison_bar.check(self.actions_["compare"])
        self.actions_.add_to_menu(Menu.VIEW, [dock.toggleViewAction() for dock in self._docks])
        self.looks.show_in(self.actions_, self)
        self.act_states = ActStates(self.session, self.actions_, self.controller, self.inspector, self)
        self.category_keys = CategoryKeys(
            self.session, self.canvas, self.controller.use_category_key, self.actions_.reserve
        )
        self.queue.list.addActions(self.actions_.of_menu(Menu.QUEUE))
        self.inspector.categories.addActions([self.actions_[act] for act in OF_CATEGORY])
        self.toolbar = Toolbar(self.session, self.canvas, self.actions_.__getitem__, self.actions_.menus)
        self.setMenuWidget(self.toolbar)
        self.action_bar = ActionBar(self.session, self.actions_.__getitem__)
        self.guide = Guide(self.session, settings, self.canvas, self.actions_.__getitem__, self.modes)
        self._column.addWidget(self.action_bar)
        place = partial(self.guide.place, self.queue.column, self._column)
        place(is_beside=False)
        self._docks[0].visibilityChanged.connect(place)
        self._labelling.append(self.action_bar)
        self.model_chip = ModelChip(self.toolbar.model, self.session, self.runner)
        popover = self.model_chip.popover
        popover.details_asked.connect(self._docks[-1].toggleViewAction().trigger)
        for panel in (popover, self.model_panel):
            self.actions_.bind("learn", panel.learn)
            panel.versions_asked.connect(self.actions_["versions"].trigger)
        self.action_bar.hide()
        self.context_bar = ContextBar(self.canvas, self.actions_.__getitem__, self.controller.name_at_box)
        boxes = self.inspector.boxes
        boxes.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        boxes.customContextMenuRequested.connect(partial(self.context_bar.show_menu_beside, boxes.viewport()))
        self.first_suggestions = FirstSuggestions(self.session, self.news, self.canvas)
        self._connect()
        self._restore()
        self._show_state()

    def _connect(self) -> None:
        self.messages.info.connect(self.news.show_or_hide)
        self.messages.warning.connect(self._warning.show_urgent)
        self.messages.refusal.connect(self._warning.show_calm)
        self._warning.dismissed.connect(self.messages.forget)
        self.session.done_elsewhere.connect(self._offer_to_go)
        self.session.leaving.connect(self._offer.hide)
        self.session.blind_wanted.connect(self._label_again)
        self._offer.offered.connect(self._go_elsewhere)
        self.session.receipt.connect(partial(self.receipt.show_text, action=tr("Undo")))
        self.receipt.acted.connect(self.long_acts.undo)
        self.session.opened.connect(self.receipt.hide)
        self.session.changed.connect(self._receipt_is_old)
        self.session.better_changed.connect(self._show_better)
        self.modes.changed.connect(lambda: self._show_better(self.session.walk.is_better_ready))
        self.better.acted.connect(self.session.walk.take_better)
        self.runner.on_failure = lambda _title, error: self.messages.error(error)
        self.session.opened.connect(self._on_opened)
        self.session.boxes_changed.connect(self._show_boxes)
        self.session.saving.changed.connect(self._show_saved)
        self.queue.left.connect(self.canvas.setFocus)
        for event in (self.session.image_changed, self.session.changed, self.modes.changed):
            event.connect(self._show_state)
        notices = (self._warning.dismiss_calm, self.guide.dismiss_shown, self.better.hide)
        for leave in (self.modes.leave_beside, *notices):
            self.canvas.escaped.connect(leave)
        self.class_acts.waits = self.guide.question.is_due
        self.guide.question.dismissed.connect(self.class_acts.ask_now)
        self.queue.model.filter_wanted.connect(self.long_acts.filter_queue)
        self.welcome.folder_asked.connect(self._open_folder)
        self.welcome.project_asked.connect(self._open_project)
        self.welcome.sample_asked.connect(self._open_sample)
        self.welcome.recent_asked.connect(self.open_path)
        self.model_panel.prelabel_asked.connect(self.loop.intake.prelabel)
        self.model_panel.use_waiting_asked.connect(self.actions_["use_waiting"].trigger)
        self.model_panel.reliability_asked.connect(self.actions_["reliability"].trigger)
        self.model_panel.measure_asked.connect(self._measure)
        self.model_panel.report_asked.connect(self.actions_["report"].trigger)
        self.model_panel.left.connect(self.canvas.setFocus)
        show_panel = self._docks[-1].toggleViewAction()
        show_panel.triggered.connect(self._make_room)
        self.model_panel.close_asked.connect(show_panel.trigger)

    def _handlers(self) -> dict[str, Callable[[], object]]:
        return {
            **self._own_handlers(),
            **self._queue_handlers(),
            **self._box_handlers(),
            **self._view_handlers(),
            **self._model_handlers(),
            **self._late_handlers(),
        }

    def _own_handlers(self) -> dict[str, Callable[[], object]]:
        """Projects, files, undo, looks, jobs, keys."""
        session = self.session
        return {
            "open_folder": self._open_folder,
            "open_project": self._open_project,
            "open_sample": self._open_sample,
            "add_folder": self.file_acts.add_folder,
            "refresh": self.file_acts.refresh,
            "relink": self.file_acts.relink,
            "find_missing": self.file_acts.find_missing,
            "your_name": self.file_acts.ask_name,
            "quit": self.close,
            "undo": self.long_acts.undo,
            "redo": session.history.redo,
            "go_elsewhere": self._go_elsewhere,
            **{f"theme_{name}": partial(self.looks.use_theme, name) for name in ("system", "light", "dark")},
            "motion": lambda: None,  # the check mark is what changes
            "stop_jobs": self.loop.stop,
            "palette": lambda: self.key_acts.find_command(self.actions_),
            "edit_keys": lambda: self.key_acts.edit_keys(self.actions_),
            "cheat_sheet": lambda: self.key_acts.show_keys(self.actions_),
        }

    def open_path(self, path: Path) -> None:
        """Open a project, or a folder of images; if that fails, what was open stays open. A model is added.

        Looking through a folder may mean walking through a large tree, so that is a job.
        """
        if path.suffix.lower() == ".onnx":
            self.detector_acts.add_file(path)
        elif path.is_dir():
            self.runner.abandon(_OPENING)  # another folder was chosen
            self.runner.start(
                _OPENING, tr("Looking for images"), partial(locate, path), on_success=self._open
            )
            self.messages.show(tr("Looking for images in {path}...", path=path))
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
        self._keep_looks()
        self.loop.stop()
        self._warning.dismiss()
        try:
            self.session.walk.use(project)
        except HitlError as error:
            self.messages.error(error)

    def _on_opened(self) -> None:
        if self.session.project is None:
            return
        name = project_name(self.session.project.path)
        self.setWindowTitle(tr("{name} - HITL Desktop", name=name))
        self._pages.setCurrentWidget(self.canvas)
        self.canvas.pointer_tool.use("box")
        self.action_bar.show()
        self.panels.open(self.session.recall(_LAYOUT))
        note_session(self.session)
        (self.guide.question.names if self.guide.question.isVisible() else self.canvas).setFocus()

    def _open_folder(self) -> None:
        folder = self.ask.folder()
        if folder is not None:
            self.open_path(folder)

    def _open_project(self) -> None:
        file = self.ask.project()
        if file is not None:
            self.open_path(file)

    def _open_sample(self) -> None:
        self.messages.show(tr("Making the sample project..."))
        job = partial(make_sample, default_sample_folder())
        self.runner.start(FILES, tr("Making the sample"), job, on_success=self.open_path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the jobs, close the project, remember where everything stood."""
        self.inspector.commit()
        if not self._may_leave() or not finish_files(self.runner, self):
            event.ignore()
            return
        store = self._window_settings()
        store.setValue("geometry", self.saveGeometry())
        self._keep_looks()
        if self.session.is_open:
            store.setValue("docks", self.saveState())
        self.file_acts.watch.watch(None)
        self.set_acts.close()
        self.hide()  # other jobs stop at their next check; nobody has to watch
        self.runner.close()
        self._garbage.stop()
        self.loader.close()
        self.session.walk.close()
        self.canvas.show_image((), (0, 0))  # ends what reads its tiles
        event.accept()

    def _keep_looks(self) -> None:
        """Keep with the project how it is laid out, as it is without a review mode."""
        self.modes.leave_present()
        if self.session.is_open:
            self.session.remember(_LAYOUT, self.panels.layout)
            note_session(self.session)

    def changeEvent(self, event: QEvent) -> None:
        """Back from another program, which may have written to the image."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.file_acts.watch.check()

    def _may_leave(self) -> bool:
        """Whether the open project may be closed: not over an act that waits for the disk, unless a person
        says so."""
        saving = self.session.saving
        return saving.retry() or self.ask.confirm(
            tr("Not saved"),
            tr(
                "The last act is not in the project: its disk is full or cannot be written. "
                "Close and lose it?"
            ),
        )

    def _window_settings(self) -> QSettings:
        return QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)

    def _restore(self) -> None:
        store = self._window_settings()
        geometry, docks = store.value("geometry"), store.value("docks")
        if geometry is not None:
            self.restoreGeometry(geometry)  # type: ignore[arg-type]
        if docks is not None:
            self.panels.restore(docks)  # type: ignore[arg-type]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A folder or a project may be dropped on the window."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self.welcome.drop.mark(wanted=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It went elsewhere."""
        self.welcome.drop.mark(wanted=False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.welcome.drop.mark(wanted=False)
        urls = event.mimeData().urls()
        if urls and urls[0].isLocalFile():
            self.open_path(Path(urls[0].toLocalFile()))

    def _show_state(self, changes: Changes | None = None) -> None:
        if changes is not None and changes.only_boxes:  # the rest was shown with them
            self.act_states.enable_undo()
            return
        self.act_states.enable(self.modes)
        if self.session.is_open:
            self.action_bar.show_state()
            self._show_saved()

    def _show_boxes(self) -> None:
        if self.session.is_open:
            self.action_bar.show_boxes()

    def _show_saved(self) -> None:
        saving = self.session.saving
        self.act_states.enable_undo()
        self.action_bar.show_saved(saving)
        if self._warns_of_disk and not saving.has_failed:
            self._warning.dismiss()
        self._warns_of_disk = saving.has_failed

    def _offer_to_go(self, image_id: int, text: str) -> None:
        self._elsewhere = image_id
        self._offer.show_text(text, tr("Go there (Ctrl+J)"))

    def _go_elsewhere(self) -> None:
        if self._offer.isVisible():
            self.session.walk.go_to(self._elsewhere)
            self.canvas.setFocus()

    def _receipt_is_old(self, changes: Changes) -> None:
        """Another act, or its undo, was done since: the button would take that back."""
        if changes.annotations_of or changes.categories or changes.go_to is not None:
            self.receipt.hide()


def _end_dialogs() -> None:
    """Cancel what is being asked about the project that is left: the answer would be taken for the next
    one."""
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.hide()
    while (dialog := QApplication.activeModalWidget()) is not None:
        dialog.reject() if isinstance(dialog, QDialog) else dialog.hide()


def _keys(settings: Settings) -> dict[str, str]:
    """The keys that a person chose; none if what is stored is damaged."""
    try:
        stored: object = json.loads(settings.text("keys"))
    except ValueError:
        return {}
    items = cast("dict[object, object]", stored).items() if isinstance(stored, dict) else ()
    return {i: key for i, key in items if isinstance(i, str) and isinstance(key, str)}
