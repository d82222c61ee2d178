"""Audits: a random sample of decided images, examined once more, for a claim about all of them."""

from dataclasses import dataclass
from enum import StrEnum


class Error(StrEnum):
    """What can be wrong with the labels of an image."""

    MISSED = "missed"
    CATEGORY = "category"
    PLACE = "place"
    FALSE = "false"
    UNSEEN = "unseen"

    @property
    def is_visible_error(self) -> bool:
        """Whether a person found it on the image; an unreadable image counts as wrong without that."""
        return self is not Error.UNSEEN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an auditor found on one image (nothing: it is right), and the active seconds it took."""

    image_id: int
    errors: frozenset[Error]
    seconds: float


@dataclass(frozen=True, slots=True)
class Audit:
    """So many images of a `population`, drawn before any was examined, for a claim about the share of wrong
    ones.

    `image_ids` are in the order of asking.
    """

    id: int
    created: str
    claim: float
    population: int
    image_ids: tuple[int, ...]
    verdicts: tuple[Verdict, ...] = ()

    @property
    def wrong(self) -> int:
        """On how many images something was wrong so far."""
        return sum(bool(v.errors) for v in self.verdicts)

    @property
    def left(self) -> tuple[int, ...]:
        """The images that are not judged yet."""
        judged = {v.image_id for v in self.verdicts}
        return tuple(i for i in self.image_ids if i not in judged)

    @property
    def is_complete(self) -> bool:
        """Whether all were examined: before that it claims nothing."""
        return not self.left
