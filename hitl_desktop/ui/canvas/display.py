"""How the image's pixels look on the screen; the image itself is never changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from hitl_desktop.translation import tr

Table = NDArray[np.uint8]
"""[256] the shown value of each stored one."""


@dataclass(frozen=True, slots=True)
class Display:
    """Brightness -1..1, contrast 0.2..5, gamma 0.2..5; with `stretch`, what is in view fills the whole range
    first."""

    brightness: float = 0.0
    contrast: float = 1.0
    gamma: float = 1.0
    stretch: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether pixels are shown as they are."""
        return self == Display()

    def table(self, low: float = 0.0, high: float = 255.0) -> Table:
        """The look-up table; `low` and `high` become black and white before the rest."""
        values = np.clip((np.arange(256) - low) / max(high - low, 1.0), 0, 1)
        values = np.clip((values - 0.5) * self.contrast + 0.5 + self.brightness, 0, 1) ** (1.0 / self.gamma)
        return (values * 255 + 0.5).astype(np.uint8)

    def changed(self, *, brightness: float = 0.0, contrast: float = 1.0, gamma: float = 1.0) -> Display:
        """A step further: brightness is added, contrast and gamma are multiplied, each within its limits."""
        return Display(
            round(min(max(self.brightness + brightness, -1), 1), 3),
            round(min(max(self.contrast * contrast, 0.2), 5), 3),
            round(min(max(self.gamma * gamma, 0.2), 5), 3),
            self.stretch,
        )

    def words(self) -> str:
        """The values that differ from plain, for people."""
        parts = [tr("brightness {brightness:+.1f}", brightness=self.brightness)] if self.brightness else []
        parts += [tr("contrast {contrast:.2f}", contrast=self.contrast)] if self.contrast != 1 else []
        parts += [tr("gamma {gamma:.2f}", gamma=self.gamma)] if self.gamma != 1 else []
        parts += ["stretched"] if self.stretch else []
        return ", ".join(parts) or tr("as it is")


def adjust(image: QImage, display: Display) -> None:
    """Apply a display to a 32-bit image in place: some milliseconds for what a screen holds."""
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = pixels[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)
    low, high = 0.0, 255.0
    if display.stretch:
        some = pixels[::4, ::4]
        shown = some[some[:, :, 3] > 0][:, :3]  # not the clear frame around the image
        low, high = (float(v) for v in np.percentile(shown, (0.5, 99.5))) if shown.size else (low, high)
    pixels[:, :, :3] = display.table(low, high)[pixels[:, :, :3]]
