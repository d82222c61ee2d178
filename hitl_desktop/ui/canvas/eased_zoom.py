"""The wheel's zoom as a short movement, so that the eye keeps its place; at once where motion is off."""

from __future__ import annotations

import math

from PySide6.QtCore import QEasingCurve, QPointF, QVariantAnimation

from hitl_desktop.ui.canvas.camera import Camera

_MILLISECONDS = 120


class EasedZoom:
    """Zooms a camera at a point; what was begun and has not ended is added to the next step.

    Attributes:
        is_on: Whether there is any movement.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera, self._at = camera, QPointF()
        self.is_on = False
        self._total = self._done = 0.0
        self._animation = QVariantAnimation()
        self._animation.setDuration(_MILLISECONDS)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._go_on)

    def zoom(self, factor: float, at: QPointF) -> None:
        """Zoom by a factor, whatever of the steps before is still to come included."""
        if not self.is_on:
            self._camera.zoom(factor, at)
            return
        left = self._total - self._done if self._is_moving else 0.0
        self._animation.stop()
        self._at, self._total, self._done = at, left + math.log(factor), 0.0
        self._animation.start()

    def stop(self) -> None:
        """Stay where the camera is now: another image, or another way to move it."""
        self._animation.stop()

    @property
    def _is_moving(self) -> bool:
        return self._animation.state() is QVariantAnimation.State.Running

    def _go_on(self, share: float) -> None:
        step, self._done = self._total * share - self._done, self._total * share
        if step:
            self._camera.zoom(math.exp(step), self._at)
