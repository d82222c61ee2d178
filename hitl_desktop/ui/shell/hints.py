"""Three hints for whoever uses the program for the first time, each at the act it is about, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hitl_desktop.domain.images import ImageState
from hitl_desktop.service.project.session import Session
from hitl_desktop.settings import Settings
from hitl_desktop.translation import tr
from hitl_desktop.ui.shell.card import Card

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
        tr("Drag around an object and give it its category. A few images later suggestions appear."),
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


class Hints(Card):
    """Shows one hint after the other."""

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__(tr("Got it"))
        self.setAccessibleName(tr("Hint"))
        self._session, self._settings = session, settings
        self._now: Hint | None = None
        self.dismissed.connect(self._note_seen)

    @property
    def _seen(self) -> set[str]:
        return set(self._settings.text(_SEEN).split())

    def is_due(self) -> bool:
        """Whether the act of a hint that was not seen yet is at hand."""
        session = self._session
        if self._now is not None and self._now.is_done(session):
            self._note_seen()
        if self._now is None:
            seen = self._seen
            self._now = next((hint for hint in HINTS if hint.id not in seen and hint.is_due(session)), None)
        return self._now is not None

    def words(self) -> tuple[str, ...]:
        """The hint."""
        return (self._now.text if self._now is not None else "",)

    def _note_seen(self) -> None:
        if self._now is not None:
            self._session.keep(_SEEN, " ".join(sorted({*self._seen, self._now.id})))
        self._now = None
