"""Errors a user can act on; anything else is a bug."""

from __future__ import annotations

from typing import Any

from hitl_desktop.translation import tr


class HitlError(Exception):
    """What happened, in one sentence, and what to do about it, in another."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)  # other processes send it back


def _restored(kind: type[HitlError], args: tuple[object, ...], attributes: dict[str, object]) -> HitlError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class UnreadableImageError(HitlError):
    """An image that cannot be decoded; `size` is what its header claims, where that could be read."""

    def __init__(self, message: str, *, hint: str, size: tuple[int, int] | None = None) -> None:
        super().__init__(message, hint=hint)
        self.size = size


class ProjectError(HitlError):
    """A project file that cannot be opened, created or written."""


class ProjectBusyError(ProjectError):
    """A project file that something else is writing to just now."""


class NotYetError(HitlError):
    """Something that cannot be done yet, or is not needed; nothing is wrong."""


class NotPrelabelledError(NotYetError):
    """Something that needs a detector's boxes, asked for before any detector has run."""

    def __init__(self) -> None:
        super().__init__(
            tr("No detector has run on these images yet."),
            hint=tr("Run pre-labelling first (in the window, or with hitl-desktop prelabel)."),
        )


class ModelError(HitlError):
    """A model file or card that cannot be used."""


class FormatError(HitlError):
    """A data set file that cannot be read or written."""


class WouldReplaceError(FormatError):
    """An export that would replace a file of another program, or one that was imported."""
