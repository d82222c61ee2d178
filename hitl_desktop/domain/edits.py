"""What a person's act changes, as a value with an inverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hitl_desktop.domain.acts import Act
from hitl_desktop.domain.annotations import Annotation, KeptBox
from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.images import ImageState


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an edit: what is there before it, or after it.

    `state` and `tags` (all tag ids of the image) are None where the edit does not touch them; `rejected` are
    the predictions whose rejection this side holds. `categories` are as this side has them, and `members` are
    annotations, by id, that are of category `member_of` on this side, on whatever image. `attributes` are
    those that boxes can have on this side and not on the other, `dismissed` the label issues that somebody
    dismissed, `kept` what a data set file has about annotations, by id, as it fits on this side, and
    `mapping` the category ids of classes of a detector, by its hash, None where the edit does not touch them.
    `imported` is the portion of an import (`store/imports`) that is there on this side, and `detector` the hash of the
    project's detector ("" for none).
    """

    annotations: tuple[Annotation, ...] = ()
    state: ImageState | None = None
    tags: tuple[int, ...] | None = None
    rejected: tuple[int, ...] = ()
    categories: tuple[Category, ...] = ()
    member_of: int | None = None
    members: tuple[int, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    dismissed: tuple[int, ...] = ()
    kept: tuple[tuple[int, KeptBox], ...] = ()
    mapping: tuple[str, tuple[tuple[str, int], ...]] | None = None
    imported: int | None = None
    detector: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One undoable act: `before` is removed, `after` put in its place; on one image, or on the project
    (None).

    An act on several images has a part for each. `label` is what was done: an `Act`, or in journals that are
    older than schema 32 the words for it, which stay as they are.
    """

    label: Act | str
    image_id: int | None
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    parts: tuple[Edit, ...] = ()

    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        parts = tuple(part.inverse() for part in reversed(self.parts))
        return Edit(self.label, self.image_id, before=self.after, after=self.before, parts=parts)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a workflow changed; each view decides what that means to it.

    `learn_from` are images that an act on several decided, opened again, or relabelled; `tags` came or went.
    """

    images: bool = False
    annotations_of: frozenset[int] = frozenset()
    predictions_of: frozenset[int] = frozenset()
    categories: bool = False
    head: bool = False
    queue: bool = False
    go_to: int | None = None
    learn_from: frozenset[int] = frozenset()
    tags: bool = False

    @property
    def only_boxes(self) -> bool:
        """Whether nothing but boxes of images changed, as by most acts."""
        rest = (self.images, self.predictions_of, self.categories, self.head, self.queue, self.learn_from)
        return bool(self.annotations_of) and self.go_to is None and not (self.tags or any(rest))

    def __or__(self, other: Changes) -> Changes:
        return Changes.joined((self, other))

    @classmethod
    def joined(cls, changes: Sequence[Changes]) -> Changes:
        """All of these as one; the last image to go to counts."""
        return cls(
            any(c.images for c in changes),
            frozenset[int]().union(*(c.annotations_of for c in changes)),
            frozenset[int]().union(*(c.predictions_of for c in changes)),
            any(c.categories for c in changes),
            any(c.head for c in changes),
            any(c.queue for c in changes),
            next((c.go_to for c in reversed(changes) if c.go_to), None),
            frozenset[int]().union(*(c.learn_from for c in changes)),
            any(c.tags for c in changes),
        )
