"""The list of labels that are probably wrong: arrows show each on its image, one key mends or dismisses
it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.label_issues import LabelIssue
from hitl_desktop.domain.words import counted
from hitl_desktop.service.jobs import Job
from hitl_desktop.texts import LABEL_ISSUE_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice

MOST_SHOWN = 1000
_ALL = tr("all kinds")


class SuspicionsDialog(QDialog):
    """Tells which label issue is open, and what is to become of it; whoever listens says when it is
    done."""

    issue_chosen = Signal(object)
    mend_asked = Signal(object)
    dismiss_asked = Signal(object)
    undo_asked = Signal()
    search_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Possible label errors"))
        self.resize(460, 560)
        self._issues: list[LabelIssue] = []
        self._names: Mapping[int, str] = {}
        self._paths: Mapping[int, str] = {}
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.kind = QComboBox()
        name_choice(self.kind, tr("Which kind"))
        self.kind.addItems([_ALL, *LABEL_ISSUE_TEXT.values()])
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Labels that are probably wrong"))
        self.list.setUniformItemSizes(True)
        self.mend = QPushButton(tr("Do as &suggested (Enter)"))
        self.dismiss = QPushButton(tr("It is &right (Del)"))
        again = QPushButton(tr("&Look again"))
        buttons = (self.mend, self.dismiss, again)
        row = QHBoxLayout()
        for button in buttons:
            button.setAutoDefault(False)
            row.addWidget(button)
        layout = QVBoxLayout(self)
        for widget in (self.words, self.kind, self.list):
            layout.addWidget(widget)
        layout.addLayout(row)
        self.kind.currentIndexChanged.connect(lambda: self._fill(0))
        self.list.currentRowChanged.connect(self._emit_chosen)
        self.mend.clicked.connect(partial(self._ask, self.mend_asked))
        self.dismiss.clicked.connect(partial(self._ask, self.dismiss_asked))
        again.clicked.connect(self.search_asked)
        QShortcut(QKeySequence.StandardKey.Undo, self, self.undo_asked.emit)
        self.list.installEventFilter(self)

    def show_waiting(self, words: str) -> None:
        """Nothing is listed yet, and why."""
        self._issues = []
        self._fill(0, emits=False)
        self.words.setText(words)

    @property
    def has_any(self) -> bool:
        """Whether something is listed."""
        return bool(self._issues)

    def show_progress(self, job: Job) -> None:
        """Show how far the search is, above the list."""
        if job.total:
            self.words.setText(
                tr("{title}: {done} of {total}", title=job.title, done=job.done, total=job.total)
            )

    def show_all(
        self, label_issues: Sequence[LabelIssue], names: Mapping[int, str], paths: Mapping[int, str]
    ) -> None:
        """List these, with the names of categories and the paths of images by their ids; the place is
        kept."""
        row = max(self.list.currentRow(), 0)
        self._issues, self._names, self._paths = list(label_issues), names, paths
        self._fill(row)

    @property
    def current(self) -> LabelIssue | None:
        """The one that is looked at."""
        row = self.list.currentRow()
        return self.list.item(row).data(Qt.ItemDataRole.UserRole) if row >= 0 else None

    def keep_those(self, fits: Callable[[LabelIssue], bool], *, goes_on: bool = True) -> None:
        """Take the others out of the list; unless a hand is at work elsewhere, go on with the next."""
        kept = [s for s in self._issues if fits(s)]
        if len(kept) < len(self._issues):
            self._issues = kept
            self._fill(max(self.list.currentRow(), 0), emits=goes_on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter mends, Del dismisses."""
        if watched is self.list and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            asks = {
                Qt.Key.Key_Return: self.mend_asked,
                Qt.Key.Key_Enter: self.mend_asked,
                Qt.Key.Key_Delete: self.dismiss_asked,
            }.get(Qt.Key(event.key()))
            if asks is not None and not event.isAutoRepeat():
                self._ask(asks)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, row: int, *, emits: bool = True) -> None:
        wanted = self.kind.currentText()
        fitting = [s for s in self._issues if wanted in (_ALL, LABEL_ISSUE_TEXT[s.kind])]
        self.list.blockSignals(True)
        self.list.clear()
        for issue in fitting[:MOST_SHOWN]:
            path = self._paths.get(issue.image_id, "")
            name = path.rsplit("/", 1)[-1]
            item = QListWidgetItem(f"{issue.score:.2f}  {name}: {issue.in_words(self._names)}")
            item.setToolTip(path)
            item.setData(Qt.ItemDataRole.UserRole, issue)
            self.list.addItem(item)
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.list.blockSignals(False)
        for button in (self.mend, self.dismiss):
            button.setEnabled(bool(fitting))
        labels = counted(len(fitting), "label")
        if len(fitting) > MOST_SHOWN:
            labels = tr("The first {most_shown} of {labels}", most_shown=MOST_SHOWN, labels=labels)
        self.words.setText(
            tr(
                "{labels}, the most suspicious first. The number is a rank, not a "
                "probability: heads that were not trained on an image disagree with its "
                "labels.",
                labels=labels,
            )
            if fitting
            else tr("Nothing is left to review. Search again after deciding more images.")
        )
        if emits:
            self._emit_chosen()

    def _emit_chosen(self, _row: int = 0) -> None:
        self.issue_chosen.emit(self.current)

    def _ask(self, signal: object) -> None:
        if self.current is not None:
            signal.emit(self.current)  # type: ignore[attr-defined]
