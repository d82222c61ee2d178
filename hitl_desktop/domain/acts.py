"""What a person did, as a code that is stored; `texts.act_text` has its words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActKind(StrEnum):
    """Kinds of acts in the undo journal."""

    DRAW = "draw"
    DUPLICATE = "duplicate"
    PASTE = "paste"
    TAKE_PREVIOUS = "take_previous"
    DRAW_MISSED = "draw_missed"
    CHANGE_BOX = "change_box"
    RELABEL = "relabel"
    CHANGE_ATTRIBUTES = "change_attributes"
    DELETE_BOX = "delete_box"
    ACCEPT_PROPOSAL = "accept_proposal"
    CORRECT_PROPOSAL = "correct_proposal"
    REJECT_PROPOSAL = "reject_proposal"
    CHANGE_TAGS = "change_tags"
    ACCEPT_IMAGE = "accept_image"
    MARK_EMPTY = "mark_empty"
    CONFIRM = "confirm"
    SKIP = "skip"
    SKIP_IMAGES = "skip_images"
    REOPEN_IMAGES = "reopen_images"
    TAG_IMAGES = "tag_images"
    UNTAG_IMAGES = "untag_images"
    TAKE_VERDICTS = "take_verdicts"
    ACCEPT_ALL = "accept_all"
    NAME_UNKNOWN = "name_unknown"
    TURN_BOXES = "turn_boxes"
    SCALE_BOXES = "scale_boxes"
    REOPEN_CHANGED = "reopen_changed"
    ADD_CATEGORY = "add_category"
    ADD_CATEGORIES = "add_categories"
    CHANGE_CATEGORY = "change_category"
    RENAME_CATEGORY = "rename_category"
    MERGE_CATEGORY = "merge_category"
    RETIRE_CATEGORY = "retire_category"
    ADD_ATTRIBUTE = "add_attribute"
    REMOVE_ATTRIBUTE = "remove_attribute"
    MAP_CLASSES = "map_classes"
    MAP_CLASS = "map_class"
    IGNORE_CLASSES = "ignore_classes"
    USE_CLASSES = "use_classes"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Act:
    """An act, with what its words need.

    `name` is of the category, attributes or class that it was about, or a reason to skip (a `SkipReason` or
    what a person typed), `into` the category that took over, `count` how many boxes, images, objects,
    categories or classes it changed, `threshold` the score from which on proposals were accepted.
    """

    kind: ActKind
    name: str = ""
    count: int = 1
    into: str = ""
    threshold: float = 0.0
