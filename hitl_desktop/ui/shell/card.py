"""One thing that the guide can show."""

from __future__ import annotations

from hitl_desktop.ui.widgets.banner import Banner


class Card(Banner):
    """A line under the image with a button that puts it away; it never takes the keyboard by itself."""

    def __init__(self, close: str) -> None:
        super().__init__(calm=True, close=close)

    def is_due(self) -> bool:
        """Whether it is to be shown now, for all it can tell."""
        raise NotImplementedError

    def words(self) -> tuple[str, ...]:
        """Its sentence, and what can be done about it; asked only while it is due."""
        raise NotImplementedError
