"""Labels of the image at hand beside what was suggested: whether they are compared, and which mistakes are
shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from PySide6.QtCore import QObject, Signal

from hitl_desktop.domain.comparison import Compared, Outcome, Side
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.proposals import shown_to_people
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.theme.categories import NEW_NAME_COLOUR
from hitl_desktop.workflows.prediction.comparison import Comparison, Source

MISTAKES = (Outcome.FALSE_POSITIVE, Outcome.MISSED, Outcome.OTHER_NAME)


class Comparing(QObject):
    """The comparison on the image at hand, while it is on.

    Signals:
        changed: it was switched on or off, or shows other mistakes.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._known: tuple[tuple[object, ...], Comparison | None] = ((), None)
        self.is_on = False
        self.only: Outcome | None = None
        session.opened.connect(self._end)

    def _end(self) -> None:
        self.is_on, self.only = False, None
        self.changed.emit()

    def toggle(self) -> None:
        """Compare, or label again."""
        self.is_on = not self.is_on
        self.changed.emit()

    def show_only(self, outcome: Outcome | None) -> None:
        """Show one kind of mistake, or (None) everything."""
        self.only = outcome
        self.changed.emit()

    def show_next(self) -> None:
        """Show the next kind of mistake, and everything after the last."""
        kinds = (None, *MISTAKES)
        self.is_on = True
        self.show_only(kinds[(kinds.index(self.only) + 1) % len(kinds)])

    @property
    def comparison(self) -> Comparison | None:
        """The comparison on the image at hand; None while it is off, or the image is not decided."""
        session = self._session
        image = session.image
        if not self.is_on or image is None or image.state is not ImageState.DECIDED:
            return None
        inputs = (image.id, session.annotations, session.proposals, session.known.of)
        before = self._known[0]
        if len(before) != len(inputs) or any(a is not b for a, b in zip(before[1:], inputs[1:], strict=True)):
            now = shown_to_people(session.proposals, session.thresholds)
            found = session.views.comparison(image, session.annotations, now, session.current.head_id)
            self._known = inputs, found
        return self._known[1]

    @property
    def has_any(self) -> bool:
        """Whether there is something to compare with."""
        comparison = self.comparison
        return comparison is not None and comparison.source is not Source.NONE

    def counts(self) -> Mapping[Outcome, int]:
        """How many boxes of the image have each outcome."""
        comparison = self.comparison
        return Counter(place.outcome for place in comparison.places) if comparison is not None else Counter()

    def items(self) -> list[BoxItem]:
        """The boxes to show: labels, suggestions over them, and labels that are not compared as they are."""
        comparison = self.comparison
        places = comparison.places if comparison is not None else ()
        compared = {place.label.id for place in places if place.label is not None}
        names = self._session.known.of
        rest = [
            BoxItem(BoxKey(Kind.TRUTH, a.id), a.bbox, names.get(a.category_id, ""), a.category_id)
            for a in self._session.annotations
            if a.id not in compared
        ]
        wanted = [place for place in places if self.only in (None, place.outcome)]
        return rest + [item for place in wanted for item in self._pair(place)]

    def _pair(self, place: Compared) -> Iterator[BoxItem]:
        label, suggestion, outcome = place.label, place.suggestion, place.outcome
        labelled = self._name(label) if label is not None else ""
        suggested = self._name(suggestion) if suggestion is not None else ""
        if label is not None:
            words = {
                Outcome.MISSED: tr("Missed: {name}", name=labelled),
                Outcome.OTHER_NAME: tr("Labelled {name}", name=labelled),
            }.get(outcome, "")
            spoken = words or tr("{name}, box, found by the model", name=labelled)
            if outcome is Outcome.OTHER_NAME:
                spoken = tr("{name}, box, suggested as {other}", name=labelled, other=suggested)
            yield _item(BoxKey(Kind.TRUTH, label.id), label, outcome, words, spoken)
        if suggestion is not None:
            score = suggestion.score or 0.0
            words = {
                Outcome.FALSE_POSITIVE: tr("False positive: {name} {score:.2f}", name=suggested, score=score),
                Outcome.OTHER_NAME: tr("Suggested {name} {score:.2f}", name=suggested, score=score),
            }.get(outcome, "")
            spoken = words or tr("{name}, suggestion, {score:.2f}, right", name=suggested, score=score)
            yield _item(BoxKey(Kind.COMPARED, suggestion.id), suggestion, outcome, words, spoken)

    def _name(self, side: Side) -> str:
        return self._session.known.of.get(side.category_id or 0, side.name)


def _item(key: BoxKey, side: Side, outcome: Outcome, words: str, spoken: str) -> BoxItem:
    colour = side.category_id if side.category_id is not None else NEW_NAME_COLOUR
    doubt = 0.0 if outcome is Outcome.MATCH else 1.0
    return BoxItem(key, side.bbox, words, colour, doubt, name=spoken, outcome=outcome)
