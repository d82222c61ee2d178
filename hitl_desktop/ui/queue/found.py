"""How many images pass the filter of the queue; where none does, the way back to all of them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from hitl_desktop.domain.comparison import Finding
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.words import counted
from hitl_desktop.service.project.session import Session
from hitl_desktop.texts import finding_text
from hitl_desktop.translation import tr

_NAME_WIDTH = 140
_COMPARED = tr(
    "Compared are the labels of images that were decided before the model was trained on them, with what was "
    "suggested then."
)


class Found(QWidget):
    """Hidden while all images are listed.

    Signals:
        all_wanted: the filter is to be cleared.
    """

    all_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.label, self.clear_button = QLabel(), QPushButton(tr("Clear the filter"))
        self.label.setWordWrap(True)
        self.label.setMinimumWidth(1)  # a long name does not widen the panel
        self.clear_button.clicked.connect(self.all_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.clear_button)
        self.hide()

    def show_wait(self) -> None:
        """A job looks for the images."""
        self.label.setText(tr("Filtering the images"))
        self.clear_button.hide()
        self.show()

    def show_count(self, wanted: QueueFilter, found: int) -> None:
        """So many images passed the filter."""
        of = len(self._session.image_list.statuses)
        self.label.setToolTip(_COMPARED if wanted.finding is not None else "")
        if wanted.finding is not None:
            self.label.setText(self._words_of(wanted, wanted.finding, found))
        elif found:
            self.label.setText(tr("{found} of {images}", found=found, images=counted(of, "image")))
        else:
            self.label.setText(tr("No images match."))
        self.clear_button.setVisible(not found)
        self.setVisible(found < of)

    def _words_of(self, wanted: QueueFilter, finding: Finding, found: int) -> str:
        """Which images are listed, and of how many that could be said."""
        name = self._session.known.of.get(wanted.category_id or 0, "")
        short = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
        return tr(
            "{sentence}: {found} of {n} compared",
            sentence=finding_text(finding, short, wanted.size),
            found=found,
            n=self._session.views.compared_images(),
        )
