"""Three hints for whoever uses the program for the first time, each at the act it is about, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton

from hitl_desktop.domain.images import ImageState
from hitl_desktop.service.project.session import Session
from hitl_desktop.settings import Settings
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.theme.icons import keep_icon
from hitl_desktop.ui.theme.tokens import SPACE

_SEEN = "hints_seen"


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint: when it is due, and when what it is about was done."""

    id: str
    text: str
    is_due: Callable[[Session], bool]
    is_done: Callable[[Session], bool]


def _is_untouched(session: Session) -> bool:
    image = session.image
    nothing = not session.annotations and not session.visible_proposals
    return image is not None and image.state is ImageState.UNDECIDED and nothing


HINTS = (
    Hint(
        "draw",
        tr("Drag around an object, then type what it is. A few images later suggestions appear."),
        _is_untouched,
        lambda session: bool(session.annotations),
    ),
    Hint(
        "done",
        tr("When every object has its box, press A: the image is done and the next one comes."),
        lambda session: bool(session.annotations) and not session.visible_proposals,
        lambda session: session.image_list.count("decided") > 0,
    ),
    Hint(
        "suggestions",
        tr("Dashed boxes are suggestions: Enter accepts one, X rejects it, A accepts all that are left."),
        lambda session: any(p.head_id is not None for p in session.visible_proposals),
        lambda session: session.image is not None and session.image.state is not ImageState.UNDECIDED,
    ),
)


class Hints(QFrame):
    """Shows the hint that is due in the upper left corner of the canvas; it never takes the keyboard."""

    def __init__(self, session: Session, settings: Settings, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._session, self._settings, self._canvas = session, settings, canvas
        self._now: Hint | None = None
        self.label, self.close_button = QLabel(), QToolButton()
        self.label.setWordWrap(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.setToolTip(tr("Do not show this hint again"))
        self.close_button.setAccessibleName(tr("Do not show this hint again"))
        keep_icon(self.close_button, "x", 16)
        self.close_button.clicked.connect(self._dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[2], SPACE[0], SPACE[0], SPACE[0])
        row.addWidget(self.label)
        row.addWidget(self.close_button)
        for event in (session.boxes_changed, session.image_changed, session.opened):
            event.connect(self._show_due)
        canvas.view_changed.connect(self._place)
        self.hide()

    @property
    def _seen(self) -> set[str]:
        return set(self._settings.text(_SEEN).split())

    def _show_due(self) -> None:
        session = self._session
        if not session.is_open:
            self._now = None
        elif self._now is not None and self._now.is_done(session):
            self._dismiss()
        if session.is_open and self._now is None:
            seen = self._seen
            self._now = next((hint for hint in HINTS if hint.id not in seen and hint.is_due(session)), None)
        self.setVisible(self._now is not None)
        if self._now is not None:
            self.label.setText(self._now.text)
            self._place()
            self.raise_()

    def _place(self) -> None:
        if self._now is not None:
            wanted = self.label.fontMetrics().horizontalAdvance(self._now.text) + SPACE[0]
            room = self._canvas.width() - 2 * SPACE[4] - self.close_button.sizeHint().width()
            self.label.setFixedWidth(max(min(wanted, room), 120))
            self.adjustSize()
            self.move(SPACE[2], SPACE[2])

    def _dismiss(self) -> None:
        if self._now is not None:
            self._session.keep(_SEEN, " ".join(sorted({*self._seen, self._now.id})))
        self._now = None
        self.hide()
