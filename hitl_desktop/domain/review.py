"""Decisions about images, the acts they cost, and the order of asking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hitl_desktop.domain.queues import QueueReason

SECONDS_TO_DRAW = 7.0
SECONDS_TO_VERIFY = 1.6
SECONDS_TO_MOVE = 4.0
SECONDS_TO_RELABEL = 2.5
SECONDS_TO_REJECT = 1.2
SECONDS_PER_IMAGE = 3.0


class DecisionKind(StrEnum):
    """How an image, or a single proposal, was decided."""

    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    EMPTY = "empty"
    SKIPPED = "skipped"
    UNDONE = "undone"


class SkipReason(StrEnum):
    """Why an image was skipped, where it is one of these; any other text is what a person typed."""

    BLURRED = "blurred"
    SMALL = "small"
    HIDDEN = "hidden"
    UNCLEAR = "unclear"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Acts:
    """How many boxes were accepted as they were, moved, relabelled, rejected and drawn."""

    accepted: int = 0
    moved: int = 0
    relabelled: int = 0
    rejected: int = 0
    drawn: int = 0

    def __add__(self, other: "Acts") -> "Acts":
        return Acts(
            self.accepted + other.accepted,
            self.moved + other.moved,
            self.relabelled + other.relabelled,
            self.rejected + other.rejected,
            self.drawn + other.drawn,
        )

    @property
    def boxes(self) -> int:
        """How many boxes came out."""
        return self.accepted + self.moved + self.relabelled + self.drawn

    @property
    def corrections(self) -> int:
        """How many boxes were not simply accepted."""
        return self.moved + self.relabelled + self.rejected + self.drawn

    def effort_saved(self) -> float | None:
        """The share of drawing time that proposals saved; negative when they cost more than they gave.

        Times per act after Papadopoulos et al. (CVPR 2016, ICCV 2017) and Konyushkova et al. (2018).
        """
        return 1.0 - self.seconds / (SECONDS_TO_DRAW * self.boxes) if self.boxes else None

    @property
    def seconds(self) -> float:
        """What these acts take."""
        return (
            SECONDS_TO_VERIFY * self.accepted
            + SECONDS_TO_MOVE * self.moved
            + SECONDS_TO_RELABEL * self.relabelled
            + SECONDS_TO_REJECT * self.rejected
            + SECONDS_TO_DRAW * self.drawn
        )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score on proposals are shown: a category's own, or the one of all others."""

    general: float
    own: Mapping[int, float] = field(default_factory=dict[int, float])

    def of(self, category_id: int | None) -> float:
        """That of a category; proposals of names that are no categories yet have None."""
        return self.own.get(category_id, self.general) if category_id is not None else self.general


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the append-only record of what people decided, with the active seconds it took.

    `why` is why the image was asked about, or why it was skipped, in words.
    """

    image_id: int
    kind: DecisionKind
    seconds: float
    acts: Acts
    head_id: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in the review queue: how much an image is worth asking about, why (a `Reason`), and its
    queues."""

    image_id: int
    score: float
    reason: str
    queues: QueueReason = QueueReason.NOTHING
