"""Images on disk, as the project knows them."""

from dataclasses import dataclass
from enum import StrEnum


class ImageState(StrEnum):
    """Whether people decided or skipped an image."""

    UNDECIDED = "undecided"
    DECIDED = "decided"
    SKIPPED = "skipped"


class Split(StrEnum):
    """What an image is used for; images without a split are for training."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    AUDIT = "audit"


GONE = "gone\n"
"""Prefix of an image's remark while its file is missing from the folder; the earlier remark follows it."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image of the project; `width` and `height` are upright pixels, `reason` is why it cannot be
    read.

    `same_as` is the content hash of the first image that shows nearly the same, if there is another one;
    `remark` is a note to show about the file of a readable one.
    """

    id: int
    folder_id: int
    path: str
    width: int | None
    height: int | None
    content_hash: str | None
    state: ImageState
    split: Split | None
    reason: str | None
    same_as: str | None = None
    remark: str | None = None

    @property
    def is_gone(self) -> bool:
        """Whether its file was not in its folder the last time that was listed."""
        return self.remark is not None and self.remark.startswith(GONE)

    @property
    def group(self) -> str:
        """What it has in common with images that show nearly the same: they are never on both sides of a
        trial."""
        return self.same_as or self.content_hash or ""

    @property
    def status(self) -> str:
        """The state in one word, or "unreadable"."""
        return "unreadable" if self.reason else self.state.value
