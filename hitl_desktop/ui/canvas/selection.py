"""Which boxes of the canvas are selected, by pointer and by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QRectF

from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind, in_order_of_doubt
from hitl_desktop.ui.canvas.layer import BoxLayer


class Selection:
    """The selected boxes of a layer, in the order in which they were selected.

    Where the pointer selected them, `is_grabbed` is set: a drag inside one moves them.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._layer = BoxLayer()
        self._keys: list[BoxKey] = []
        self.is_grabbed = self._was_clicked = False

    def use(self, layer: BoxLayer) -> None:
        """Other boxes are shown; what is still among them stays selected."""
        self._layer = layer
        self._set([key for key in self._keys if layer.get(key)], grabbed=self.is_grabbed)

    @property
    def keys(self) -> frozenset[BoxKey]:
        """The keys of the selected boxes."""
        return frozenset(self._keys)

    @property
    def items(self) -> list[BoxItem]:
        """The selected boxes."""
        return [item for key in self._keys if (item := self._layer.get(key))]

    @property
    def last(self) -> BoxItem | None:
        """The box that was selected last."""
        return self._layer.get(self._keys[-1]) if self._keys else None

    def has(self, key: BoxKey) -> bool:
        """Whether a box is selected."""
        return key in self._keys

    def select(self, key: BoxKey | None) -> None:
        """Select one box, or none; a drag inside it still draws."""
        self._set([key] if key is not None else [], grabbed=False)

    def select_all(self, keys: Iterable[BoxKey], *, grabbed: bool = True) -> None:
        """Select several boxes, by default so that a drag inside one moves them all."""
        self._set(list(keys), grabbed=grabbed)

    def add_area(self, area: QRectF) -> None:
        """Add the boxes that lie whole in an area of the image."""
        more = [item.key for item in self._layer.inside(area) if item.key not in self._keys]
        self._set([*self._keys, *more], grabbed=True)

    def toggle(self, key: BoxKey) -> None:
        """Add a box to the selection, or take it out."""
        rest = [k for k in self._keys if k != key]
        self._set(rest if len(rest) < len(self._keys) else [*rest, key], grabbed=True)

    def click(self, key: BoxKey | None) -> None:
        """Select what was clicked; `select_next` goes on with what lies under the pointer."""
        self.select_all([key] if key is not None else [])
        self._was_clicked = key is not None

    def select_next(self, step: int, pointer: tuple[float, float] | None) -> None:
        """Select the next proposal, the most doubtful first, or box if there are none.

        After a click, the next box under the pointer, a point of the image.
        """
        under = self._under(pointer) if self._was_clicked and pointer is not None else []
        order = under if len(under) > 1 else in_order_of_doubt(self._open_items())
        if not order:
            return
        keys = [item.key for item in order]
        current = keys.index(self._keys[-1]) if self._keys and self._keys[-1] in keys else None
        place = (0 if step > 0 else len(keys) - 1) if current is None else (current + step) % len(keys)
        self.select(keys[place])
        self._was_clicked = order is under

    def _open_items(self) -> list[BoxItem]:
        """The proposals, while there are any: `Tab`, `X` must not remove what was accepted a moment ago."""
        by_kind = {kind: [i for i in self._layer.items if i.key.kind is kind] for kind in Kind}
        return by_kind[Kind.PROPOSAL] or [*by_kind[Kind.TRUTH], *by_kind[Kind.COMPARED]]

    def _under(self, pointer: tuple[float, float]) -> list[BoxItem]:
        found = self._layer.around(*pointer)
        return found if any(item.key in self._keys for item in found) else []

    def _set(self, keys: list[BoxKey], *, grabbed: bool) -> None:
        self.is_grabbed = grabbed and bool(keys)
        if keys != self._keys:
            self._keys, self._was_clicked = keys, False
            self._on_change()
