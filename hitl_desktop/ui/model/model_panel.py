"""The model panel at the bottom: what the head has learned, how good it was at first sight, and what runs."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.project.session import Session
from hitl_desktop.service.project.views import EffortView, effort_of
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.translation import tr
from hitl_desktop.ui.theme.icons import keep_icon
from hitl_desktop.ui.widgets.pane import Pane
from hitl_desktop.ui.widgets.scroll import Scroll
from hitl_desktop.workflows.prediction.unseen_predictions import LATEST

_UPDATE_AFTER_MS = 200
_JOBS_WIDTH = 230
_COUNTING = "counting"
_LEAST_SAVED = 0.005
"""A smaller share, or a loss, is no time saved."""


class ModelPanel(Pane):
    """Figures that were measured, each with its sample size.

    Signals:
        prelabel_asked, use_waiting_asked, versions_asked, reliability_asked, report_asked,
            close_asked: a button was pressed.
        measure_asked: what the measurements say is looked at, for `show_page`.
    """

    prelabel_asked = Signal()
    use_waiting_asked = Signal()
    versions_asked = Signal()
    reliability_asked = Signal()
    report_asked = Signal()
    measure_asked = Signal()
    close_asked = Signal()
    _is_counting = _count_again = False

    def __init__(self, session: Session, runner: JobRunner, learning: Learning) -> None:
        super().__init__()
        self._session, self._runner, self._learning = session, runner, learning
        self._soon = QTimer(self)  # one look for a burst of changes
        self._soon.setSingleShot(True)
        self._soon.setInterval(_UPDATE_AFTER_MS)
        self._soon.timeout.connect(self._show_figures)
        self.detector, self.head, self.unseen_result, self.effort = QLabel(), QLabel(), QLabel(), QLabel()
        self.learn, prelabel = QPushButton(tr("Learn now")), QPushButton(tr("Pre-label"))
        self.learn.setToolTip(tr("Train a new version on all images that are done"))
        prelabel.setToolTip(tr("Run the detector on the images it has not processed"))
        self.versions, self.use_waiting = QPushButton(tr("Versions...")), QPushButton(tr("Use it"))
        self.versions.setToolTip(
            tr("All versions of the model: what each learned from, and which one is used")
        )
        self.versions.clicked.connect(self.versions_asked)
        self.use_waiting.clicked.connect(self.use_waiting_asked)
        self.use_waiting.hide()
        prelabel.clicked.connect(self.prelabel_asked)
        figures = QGridLayout()
        for row, (name, label) in enumerate(
            (
                (tr("Detector"), self.detector),
                (tr("Head"), self.head),
                (tr("Before training"), self.unseen_result),
                (tr("Effort"), self.effort),
            )
        ):
            figures.addWidget(QLabel(f"<b>{name}</b>"), row, 0)
            figures.addWidget(label, row, 1)
            label.setWordWrap(True)
        figures.setColumnStretch(1, 1)
        figures.setRowStretch(4, 1)
        figures.setVerticalSpacing(2)
        buttons = QVBoxLayout()
        for button in (self.learn, prelabel, self.versions, self.use_waiting):
            buttons.addWidget(button)
        buttons.addStretch(1)
        jobs = self._jobs = QWidget()
        jobs.setMaximumWidth(3 * _JOBS_WIDTH)
        self._job_rows = QVBoxLayout(jobs)
        self._job_rows.setContentsMargins(0, 0, 0, 0)
        self._job_rows.setSpacing(2)
        self._idle = QLabel(tr("No job is running."))
        self._job_rows.addWidget(self._idle)
        self._job_rows.addStretch(1)
        self._rows: dict[int, JobRow] = {}
        now = QWidget()
        row = QHBoxLayout(now)
        row.setContentsMargins(8, 4, 8, 4)
        row.addLayout(figures, 1)
        row.addLayout(buttons)
        row.addWidget(jobs)
        self.tabs = self._make_tabs(now)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        session.decided.connect(self._soon.start)
        runner.changed.connect(self._show_jobs)

    def _make_tabs(self, now: QWidget) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.setUsesScrollButtons(True)
        tabs.addTab(Scroll(now, sideways=True), tr("Now"))
        for title in (tr("Learning"), tr("Categories"), tr("Confusions"), tr("Effort")):
            tabs.addTab(Scroll(sideways=True), title)
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 0, 0)
        for text, asked in (
            (tr("Calibration..."), self.reliability_asked),
            (tr("Report..."), self.report_asked),
        ):
            button = QToolButton()
            button.setText(text)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(asked)
            row.addWidget(button)
        close = QToolButton()
        keep_icon(close, "x", 16)
        close.setToolTip(tr("Close the model panel"))
        close.setAccessibleName(tr("Close the model panel"))
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(self.close_asked)
        row.addWidget(close)
        tabs.setCornerWidget(corner)
        tabs.currentChanged.connect(self._on_tab)
        return tabs

    @property
    def is_tuning(self) -> bool:
        """Whether what the measurements say is looked at."""
        return self.tabs.currentIndex() > 0 and self.isVisible()

    def _on_tab(self, number: int) -> None:
        if number > 0:
            self.measure_asked.emit()

    def show_page(self, page: QWidget) -> None:
        """Show what was measured in the tab that is looked at."""
        area = self.tabs.currentWidget()
        if isinstance(area, QScrollArea) and area.widget() is not page:
            area.setWidget(page)

    def show_words(self, words: str) -> None:
        """Say in all tabs why nothing is shown there."""
        for number in range(1, self.tabs.count()):
            area = self.tabs.widget(number)
            if isinstance(area, QScrollArea):
                area.setWidget(QLabel(words))

    def showEvent(self, event: QShowEvent) -> None:
        """What is looked at again may have changed since."""
        super().showEvent(event)
        self._on_tab(self.tabs.currentIndex())

    def _on_opened(self) -> None:
        self._is_counting = self._count_again = False
        self._show_figures()

    def _on_changed(self, changes: Changes) -> None:
        if changes.head or changes.queue or changes.predictions_of:
            self._soon.start()

    def _show_figures(self) -> None:
        model = self._session.views.model()
        if model is None:
            return
        self.detector.setText(
            tr("has not run yet")
            if model.detector is None
            else _detector_text(model.detector, model.prelabelled)
        )
        version, late = model.active, model.waiting
        self.head.setText(self._head_text(version, late))
        self.use_waiting.setVisible(late is not None)
        if late is not None:
            self.use_waiting.setText(tr("Use version {id}", id=late.id))
            self.use_waiting.setToolTip(tr("It waits: {waits}", waits=late.waits))
        self.unseen_result.setText(_unseen_text(version))
        for label in (self.detector, self.head, self.unseen_result):
            label.setToolTip(label.text())
        self._count_effort()

    def _count_effort(self) -> None:
        """Add up the acts of all decisions; of very many a job does it: a hundred thousand take a tenth of a
        second.

        A job may have to wait until learning lets it have its turn, and the figure would be an old one until
        then.
        """
        project = self._session.project
        if project is not None and self._session.views.is_effort_quick:
            self._set_effort(_effort_text(effort_of(project)))
            return
        if project is None or self._is_counting:
            self._count_again = project is not None
            return
        self._is_counting, self._count_again = True, False
        self._session.jobs.start(
            _COUNTING,
            tr("Adding up effort"),
            lambda p, _: _effort_text(effort_of(p)),
            on_success=self._show_effort,
            on_failure=lambda error: self._show_effort(tr("cannot be read: {error}", error=error)),
            on_cancelled=partial(self._show_effort, ""),
            quiet=True,
        )

    def _show_effort(self, text: str) -> None:
        self._is_counting = False
        self._set_effort(text)
        if self._count_again:
            self._count_effort()

    def _set_effort(self, text: str) -> None:
        self.effort.setText(text)
        self.effort.setToolTip(text)

    def _head_text(self, version: HeadVersion | None, late: HeadVersion | None) -> str:
        new = len(self._learning.unlearned)
        since = tr("{new} done or changed since", new=new) if new else ""
        if version is None:
            few = tr("too few images are done to train on; the detector's names and scores are used")
            return "; ".join(filter(None, (few, since)))
        s = version.summary
        learned = (
            f"{counted(s.pictures, 'image')}, {counted(s.boxes, 'box')}, {counted(s.categories, 'category')}"
        )
        if late is not None:
            return tr(
                "version {id} stays, version {id_2} waits: {waits}",
                id=version.id,
                id_2=late.id,
                waits=late.waits,
            )
        active = tr(
            "version {id}, learned {learned} in {seconds:.1f} s",
            id=version.id,
            learned=learned,
            seconds=s.seconds,
        )
        return "; ".join(filter(None, (active, since)))

    def _show_jobs(self) -> None:
        alive = {id(job): job for job in self._runner.jobs}
        for key in [key for key in self._rows if key not in alive]:
            row = self._rows.pop(key)
            self._job_rows.removeWidget(row)
            row.deleteLater()
        for key, job in alive.items():
            if key not in self._rows:
                self._rows[key] = JobRow(job)
                self._job_rows.insertWidget(self._job_rows.count() - 1, self._rows[key])
            self._rows[key].refresh()
        self._idle.setVisible(not alive)
        self._jobs.setMinimumWidth(
            _JOBS_WIDTH if alive else 0
        )  # the figures have the room while nothing runs


def _detector_text(name: str, prelabelled: int) -> str:
    return tr("{name}, pre-labelled {images}", name=name, images=counted(prelabelled, "image"))


def _effort_text(effort: EffortView) -> str:
    """What the proposals saved, the acts it is estimated from, and whether more would help."""
    acts = effort.acts
    saved = acts.effort_saved()
    if saved is None:
        return sentences(tr("no box is done yet"), effort.advice)
    if saved < _LEAST_SAVED:
        return sentences(tr("No time saved yet."), effort.advice)
    words = ", ".join(f"{count} {act}" for act, count in asdict(acts).items() if count)
    drawing = tr("drawing {boxes} by hand", boxes=counted(acts.boxes, "box"))
    less = tr(
        "{saved:.0%} less than {drawing} (estimated from: {words})", saved=saved, drawing=drawing, words=words
    )
    return sentences(less, effort.advice)


def _unseen_text(version: HeadVersion | None) -> str:
    """How good proposals were before their image was taught, with an interval."""
    if version is None or version.summary.first_sight_objects + version.summary.first_sight_total == 0:
        return tr("not measured yet: it needs images that were pre-labelled and are done")
    s = version.summary
    low, high = s.first_sight_low, s.first_sight_high
    return tr(
        "{first_sight_right} of {boxes} shown right (95 %: {low:.0%} to {high:.0%}), of "
        "{objects}, before training on their images: the latest {n} at most when this version was trained",
        first_sight_right=s.first_sight_right,
        boxes=counted(s.first_sight_total, "box"),
        low=low,
        high=high,
        objects=counted(s.first_sight_objects, "object"),
        n=LATEST,
    )


class JobRow(QWidget):
    """One job: title, bar, rate, time left, cancel."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self._title, self._note, self._bar = QLabel(job.title), QLabel(), QProgressBar()
        self._bar.setMaximumSize(60, 14)
        self._title.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(job.title)
        cancel = QPushButton(tr("Cancel"))
        cancel.setAccessibleName(tr("Cancel {title}", title=job.title))
        cancel.clicked.connect(job.cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._title)
        layout.addWidget(self._note, 1)
        layout.addWidget(self._bar)
        layout.addWidget(cancel)

    def refresh(self) -> None:
        """Show how far it is."""
        job = self._job
        self._bar.setRange(0, job.total)
        self._bar.setValue(job.done)
        left = job.seconds_left
        note = f"{job.done}/{job.total}" if job.total else ""
        if left is not None and job.total > 10:
            note = tr(
                "{done}/{total}, {rate:.1f}/s, {left:.0f} s left",
                done=job.done,
                total=job.total,
                rate=job.rate,
                left=left,
            )
        self._note.setText(tr("stopping") if job.is_cancelled else note)
