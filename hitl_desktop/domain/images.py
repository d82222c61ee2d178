"""Pictures on disk, as the project knows them."""

from dataclasses import dataclass
from enum import StrEnum


class ImageState(StrEnum):
    """What people have said about a whole picture."""

    UNDECIDED = "undecided"
    DECIDED = "decided"
    SKIPPED = "skipped"


class Split(StrEnum):
    """What a picture is used for; pictures without a split are for training."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One picture of the project; `width` and `height` are upright pixels, `reason` says why it cannot be read."""

    id: int
    folder_id: int
    path: str
    width: int | None
    height: int | None
    content_hash: str | None
    state: ImageState
    split: Split | None
    reason: str | None

    @property
    def status(self) -> str:
        """The state in one word, or "unreadable"."""
        return "unreadable" if self.reason else self.state.value
