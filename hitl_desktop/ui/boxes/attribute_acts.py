"""What keys and the inspector say of the selected boxes, and which attributes there are to say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import COMMON, Attribute, AttributeKind, Value
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.errors import HitlError
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.attribute_panel import value_of
from hitl_desktop.ui.boxes.controller import Controller
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.workflows.annotation import attributes
from hitl_desktop.workflows.annotation.annotate import Revision


class AttributeActs:
    """Flags by a key, choices by a key, numbers and texts in the inspector; each is one step that undo takes
    back."""

    def __init__(
        self, session: Session, controller: Controller, inspector: Inspector, messages: Messages, ask: Ask
    ) -> None:
        self._session, self._controller, self._inspector = session, controller, inspector
        self._messages, self.ask = messages, ask
        inspector.attributes.value_set.connect(self._set_value)

    def _set_value(self, name: str, typed: object, boxes: Sequence[Annotation | Proposal]) -> None:
        """Say something of boxes, as it was typed or chosen; nothing takes it back."""
        attribute = next((a for a in (*COMMON, *self._free()) if a.name == name), None)
        if not boxes or attribute is None:
            return
        try:
            value = attribute.value_of(typed)
        except HitlError as error:
            self._messages.show(str(error))
            self._controller.show_selection()
            return
        self._controller.revise(
            [Revision(box, attributes=((name, value),)) for box in self._controller.unlocked(boxes)]
        )

    def toggle(self, name: str) -> None:
        """A flag on; off if all selected boxes have it."""
        boxes = self._controller.selected_boxes()
        if boxes:
            on = not all(value_of(box, name) for box in boxes)
            self._set_value(name, on, boxes)
            self._messages.show(f"{name.capitalize()}: {'yes' if on else 'no'}.")

    def use_number(self, number: int) -> None:
        """The attribute under `Q` and a digit: the flag toggles, a choice goes on to the next, a field is
        typed in."""
        boxes = self._controller.selected_boxes()
        if not boxes:
            return
        free = self._free()
        if number > len(free):
            self._messages.show(
                tr("There is no attribute {number} here. The Attribute menu adds one.", number=number)
            )
            return
        attribute = free[number - 1]
        if attribute.kind is AttributeKind.FLAG:
            self.toggle(attribute.name)
        elif attribute.kind is AttributeKind.CHOICE:
            value = _next_choice(attribute, value_of(boxes[-1], attribute.name))
            self._set_value(attribute.name, value, boxes)
            self._messages.show(f"{attribute.name}: {value or 'not said'}.")
        else:
            self._inspector.attributes.widget(attribute.name).setFocus()

    def _free(self) -> list[Attribute]:
        return self._inspector.free_attributes

    def add(self) -> None:
        """A new attribute, of the current category or of all."""
        session = self._session
        category = next((c for c in session.known.categories if c.id == session.category_id), None)
        wanted = self.ask.attribute(category)
        if wanted is not None:
            session.project_acts.manage(partial(attributes.define, attribute=wanted))

    def remove(self) -> None:
        """Take an attribute off the list."""
        session = self._session
        by_words = {_words(a, session.known.of): a for a in session.known.attributes}
        if not by_words:
            self._messages.show(tr("There is no attribute of your own yet; the four common ones stay."))
            return
        chosen = self.ask.choice(tr("Remove attribute"), tr("Take off the list"), list(by_words))
        if chosen is not None:
            session.project_acts.manage(partial(attributes.remove, attribute=by_words[chosen]))

    def toggle_tag(self, number: int) -> None:
        """The tag under `Y` and a digit: on this image, or no longer."""
        image = self._session.image
        if image is None:
            return
        tags = list(self._session.views.tags().items())
        if number > len(tags):
            self._messages.show(tr("There is no tag {number} yet. T lets you type one.", number=number))
            return
        chosen, chosen_name = tags[number - 1]
        now = self._session.views.tags_of(image.id)
        names = [name for tag_id, name in tags if (tag_id in now) != (tag_id == chosen)]
        if self._session.acts.set_tags(names):
            self._inspector.show_tags()
            self._messages.show(
                tr('Tag "{name}" removed.', name=chosen_name)
                if chosen in now
                else tr('Tag "{name}" given.', name=chosen_name)
            )


def _next_choice(attribute: Attribute, value: Value | None) -> str | None:
    """The choice behind this one; after the last nothing."""
    place = attribute.choices.index(str(value)) + 1 if value in attribute.choices else 0
    return attribute.choices[place] if place < len(attribute.choices) else None


def _words(attribute: Attribute, names: dict[int, str]) -> str:
    of = (
        names.get(attribute.category_id, tr("a retired category"))
        if attribute.category_id
        else tr("all boxes")
    )
    return tr("{name} ({value}) of {of}", name=attribute.name, value=attribute.kind.value, of=of)
