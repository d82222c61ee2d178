"""The queue of labels that are probably wrong: arrows show each on its image, one key mends or dismisses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QPushButton

from hitl_desktop.domain.label_issues import LabelIssue
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.service.jobs import Job
from hitl_desktop.texts import LABEL_ISSUE_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.review.crop_list import CropList, Entry
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.widgets.announce import name_choice

MOST_SHOWN = 1000
_ALL = tr("all kinds")


class LabelErrorPanel(ReviewMode):
    """Whoever listens does what is asked about a label issue, and takes it out of the list.

    Signals:
        issue_chosen: the one that is looked at, or None.
        mend_asked, dismiss_asked: what is to become of it.
        undo_asked: what was done last in the list is to be taken back.
        search_asked: all decided images are to be searched anew.
    """

    issue_chosen = Signal(object)
    mend_asked = Signal(object)
    dismiss_asked = Signal(object)
    undo_asked = Signal()
    search_asked = Signal()

    def __init__(self, queue: CropList) -> None:
        super().__init__(ReviewKind.LABEL_ISSUES, tr("Possible label errors"), is_beside=True)
        self._issues: list[LabelIssue] = []
        self._names: Mapping[int, str] = {}
        self._paths: Mapping[int, str] = {}
        self._shown: list[LabelIssue] = []
        self._shows_weak = False
        self._answers: list[bool] = []
        self._counts = (0, 0)
        self.kind = QComboBox()
        name_choice(self.kind, tr("Which kind"))
        self.kind.setMinimumContentsLength(8)
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind.addItems([_ALL, *LABEL_ISSUE_TEXT.values()])
        self.list = queue
        self.mend = QPushButton(tr("Apply fix (Enter)"))
        self.dismiss = QPushButton(tr("Keep as it is (Del)"))
        self.more = QPushButton()
        self.again = QPushButton(tr("Search again"))
        for widget in (self.kind, self.list, self.more, self.mend, self.dismiss, self.again, self.back):
            self.body.addWidget(widget)
        self.kind.currentIndexChanged.connect(lambda: self._fill(0))
        self.list.currentRowChanged.connect(self._emit_chosen)
        self.mend.clicked.connect(partial(self._ask, self.mend_asked))
        self.dismiss.clicked.connect(partial(self._ask, self.dismiss_asked))
        self.more.clicked.connect(self._show_weak)
        self.again.clicked.connect(self.search_asked)
        self.list.installEventFilter(self)
        self.setFocusProxy(self.list)
        self.more.hide()

    def show_waiting(self, words: str) -> None:
        """Show why nothing is listed yet."""
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

    def show_answers(self, answers: Sequence[bool]) -> None:
        """What was answered in this list so far: whether each was an error."""
        self._answers = list(answers)
        self._show_words()

    @property
    def current(self) -> LabelIssue | None:
        """The one that is looked at."""
        row = self.list.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def keep_those(self, fits: Callable[[LabelIssue], bool], *, goes_on: bool = True) -> None:
        """Take the others out of the list; unless a hand is at work elsewhere, go on with the next."""
        kept = [s for s in self._issues if fits(s)]
        if len(kept) < len(self._issues):
            self._issues = kept
            self._fill(max(self.list.currentRow(), 0), emits=goes_on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter mends, Del dismisses, undo takes back what was done in the list."""
        if watched is not self.list or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.matches(QKeySequence.StandardKey.Undo):
            if event.type() == QEvent.Type.ShortcutOverride:  # else the window's own undo gets it
                event.accept()
            elif event.type() == QEvent.Type.KeyPress:
                self.undo_asked.emit()
            return True
        asks = {
            Qt.Key.Key_Return: self.mend_asked,
            Qt.Key.Key_Enter: self.mend_asked,
            Qt.Key.Key_Delete: self.dismiss_asked,
        }.get(Qt.Key(event.key()))
        if asks is None:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._ask(asks)
        return True

    def end(self) -> None:
        """Read no more crops."""
        super().end()
        self.list.end()

    def _show_weak(self) -> None:
        self._shows_weak = True
        self._fill(max(self.list.currentRow(), 0))
        self.list.setFocus()

    def _fill(self, row: int, *, emits: bool = True) -> None:
        wanted = self.kind.currentText()
        fitting = [s for s in self._issues if wanted in (_ALL, LABEL_ISSUE_TEXT[s.kind])]
        strong = fitting if self._shows_weak else [s for s in fitting if s.is_likely]
        weak = len(fitting) - len(strong)
        self._shown = strong[:MOST_SHOWN]
        self.list.show_entries([self._entry(issue) for issue in self._shown], row)
        for button in (self.mend, self.dismiss):
            button.setEnabled(bool(self._shown))
        self.more.setVisible(weak > 0)
        self.more.setText(tr("Show {weak} weaker ones", weak=weak))
        self._counts = (len(strong), weak)
        self._show_words()
        if emits:
            self._emit_chosen()

    def _entry(self, issue: LabelIssue) -> Entry:
        path = self._paths.get(issue.image_id, "")
        text = issue.in_words(self._names) + "\n" + path.rsplit("/", 1)[-1]
        tip = tr("{path}, disagreement {score:.2f}", path=path, score=issue.score)
        return Entry(issue.id, issue.image_id, issue.bbox or issue.suggested_bbox, text, tip)

    def _show_words(self) -> None:
        self.words.setText(self._text(*self._counts))

    def _text(self, strong: int, weak: int) -> str:
        if not strong:
            return (
                tr("No likely errors are left. Of the weaker ones fewer than one in three are errors.")
                if weak
                else tr("Nothing is left to review. Search again after deciding more images.")
            )
        labels = counted(strong, "label")
        if strong > MOST_SHOWN:
            labels = tr("The first {most_shown} of {labels}", most_shown=MOST_SHOWN, labels=labels)
        return sentences(
            tr(
                "{labels}, ranked by how strongly a model that was not trained on the image disagrees.",
                labels=labels,
            ),
            tr("{n} answered, errors among them: {right}.", n=len(self._answers), right=sum(self._answers))
            if self._answers
            else "",
        )

    def _emit_chosen(self, _row: int = 0) -> None:
        self.issue_chosen.emit(self.current)

    def _ask(self, signal: object) -> None:
        if self.current is not None:
            signal.emit(self.current)  # type: ignore[attr-defined]
