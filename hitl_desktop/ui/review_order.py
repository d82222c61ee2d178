"""The order in which pictures are shown: what was visited stays in place, what comes is re-ranked behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from itertools import chain, islice


class ReviewOrder:
    """A list of image ids and a place in it."""

    def __init__(self, ids: Iterable[int] = (), current: int | None = None) -> None:
        self.ids = list(ids)
        self._place = {image_id: n for n, image_id in enumerate(self.ids)}
        self.current = current

    @property
    def position(self) -> int:
        """Where the current picture stands; -1 when there is none."""
        return self._place.get(self.current, -1) if self.current is not None else -1

    def place_of(self, image_id: int) -> int:
        """Where a picture stands; -1 when it is not listed."""
        return self._place.get(image_id, -1)

    def rerank(self, ranked: Sequence[int], everything: Iterable[int]) -> None:
        """Put `ranked` behind the current picture, then whatever else there is; nothing before it moves."""
        front = self.ids[: self.position + 1]
        seen = set(front)
        behind = [i for i in ranked if i not in seen]
        seen.update(behind)
        rest = [i for i in everything if i not in seen]
        self.ids = [*front, *behind, *rest]
        self._place = {image_id: n for n, image_id in enumerate(self.ids)}

    def next_of(self, wanted: Set[int]) -> int | None:
        """The next picture behind the current one that is wanted; from the front again after the last."""
        start = self.position + 1
        for image_id in chain(islice(self.ids, start, None), islice(self.ids, start)):
            if image_id in wanted and image_id != self.current:
                return image_id
        return None

    def step(self, by: int) -> int | None:
        """The picture so many places away."""
        place = self.position + by
        return self.ids[place] if 0 <= place < len(self.ids) else None
