"""Events without Qt, so that the service runs and is tested without a window."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Generic, ParamSpec, Protocol

_Arguments = ParamSpec("_Arguments")


class Event(Generic[_Arguments]):
    """Calls its listeners in the order in which they were connected, on the thread that emits."""

    def __init__(self) -> None:
        self._listeners: list[Callable[_Arguments, object]] = []

    def connect(self, listener: Callable[_Arguments, object]) -> None:
        """Call it from now on."""
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[_Arguments, object]) -> None:
        """Call it no longer; nothing happens if it was not connected."""
        self._listeners = [each for each in self._listeners if each != listener]

    def emit(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        """Call all listeners; if one raises, the others are called before the exception goes on."""
        with ExitStack() as all_of_them:
            for listener in reversed(self._listeners):
                all_of_them.callback(listener, *args, **kwargs)


class MainThread(Protocol):
    """The thread that owns the open project; the window implements it with Qt's event loop."""

    def post(self, callback: Callable[[], None]) -> None:
        """Call it on that thread soon; may be called from any thread."""
        ...

    def repeat(self, milliseconds: int, callback: Callable[[], object]) -> Callable[[], None]:
        """Call it on that thread again and again; the returned function ends that."""
        ...
