"""The task of the sample: one category from the first box to suggestions, step by step, by a person's own acts."""

from __future__ import annotations

from collections.abc import Callable

from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.shell.card import Card
from hitl_desktop.workflows.projects.sample import TOUR

_STEPS = 6


class Tour(Card):
    """What to do next in the sample; where one is follows from what the project holds."""

    def __init__(self, session: Session, open_folder: Callable[[], None]) -> None:
        super().__init__(tr("Leave the tour"))
        self.setAccessibleName(tr("Tour of the sample"))
        self._session = session
        self._task = ""
        session.opened.connect(self._on_opened)
        self.dismissed.connect(self._leave)
        self._open_folder = open_folder
        self.offers[0].clicked.connect(self._on_own_folder)

    def is_due(self) -> bool:
        """Whether the project has a task, and nobody left it."""
        return bool(self._task)

    def words(self) -> tuple[str, ...]:
        """The step that is next."""
        number, text = self._step()
        text = tr("Step {number} of {steps}. {text}", number=number, steps=_STEPS, text=text)
        return (text, tr("Open your own folder...")) if number == _STEPS else (text,)

    def _step(self) -> tuple[int, str]:
        """The number and the sentence of the first step whose time has come."""
        session = self._session
        boxes = session.views.boxes_by_category()
        named = next((name for i, name in session.known.offered.items() if boxes.get(i)), "")
        waits = any(a.category_id == session.known.unnamed_id for a in session.annotations)
        is_suggested = any(p.head_id is not None for p in session.visible_proposals)
        steps = (
            (waits, 2, tr('Name the box: type "{name}", then press Enter.', name=self._task)),
            (not named, 1, tr("Draw a box around a {name}: drag from corner to corner.", name=self._task)),
            (
                session.views.accepted() > 0,
                _STEPS,
                tr("You know the loop: draw, correct, accept."),
            ),
            (
                is_suggested,
                5,
                tr(
                    '"{name}" is suggested now: dashed boxes. Correct them, then press A to accept.',
                    name=named,
                ),
            ),
            (
                session.walk.is_better_ready,
                5,
                tr("The model has new suggestions for this image: press R to see them."),
            ),
            (
                sum(boxes.values()) == 1,
                3,
                tr('Draw one more "{name}". The category stays chosen.', name=named),
            ),
            (
                not session.image_list.count("decided"),
                4,
                tr('When every "{name}" in this image has its box, press A.', name=named),
            ),
            (
                True,
                4,
                tr(
                    'The model learns as you go on: box each "{name}", press A; press E if there is none.',
                    name=named,
                ),
            ),
        )
        return next((number, text) for is_now, number, text in steps if is_now)

    def _on_opened(self) -> None:
        self._task = self._session.recall(TOUR)

    def _on_own_folder(self) -> None:
        self.dismiss()
        self._open_folder()

    def _leave(self) -> None:
        self._task = ""
        self._session.remember(TOUR, "")
