"""How much two boxes overlap (intersection over union) when they are taken for one: every rule of the program."""

from typing import Final

SAME_OBJECT_IOU: Final = 0.6
"""A proposal that overlaps a box of the image by this much is of the same object."""
SAME_PLACE_IOU: Final = 0.4
"""Of proposals that overlap by more than this, the best one is shown."""
MATCH_IOU: Final = 0.5
"""A box counts as found, or as labelled, if it overlaps another one by this much (as AP50 of Pascal VOC and COCO)."""
HAS_BOX_IOU: Final = 0.4
"""Where a box overlaps by this much, an object of a late category has its box already."""
GOOD_ENOUGH_IOU: Final = 0.7
"""Nobody moves a box that overlaps the object by this much."""
BACKGROUND_IOU: Final = 0.4
"""A proposal that overlaps no box by this much shows no object; up to `SAME_OBJECT_IOU` nothing is learned from it."""
CANDIDATE_IOU: Final = 0.6
"""Of predictions that overlap by more than this, the surest is the candidate."""
SCORED_NMS_IOU: Final = 0.6
"""Of boxes of one name that overlap by more than this, the surest is scored, as in the COCO protocol."""
PINNED_IOU: Final = 0.3
"""A prediction that overlaps a pinned box by this much is about it."""
