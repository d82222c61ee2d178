"""Files that appear whole or not at all."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hitl_desktop.errors import FormatError
from hitl_desktop.translation import tr


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write, whole or piece by piece, to a temporary sibling, sync it, and rename it over `path`.

    Raises:
        FormatError: the place cannot be written; what lay at `path` is still there.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:  # with the permissions of any new file
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise _explain(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise _explain(path, error) from error
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_report(stem: Path, page: str, report: Mapping[str, Any]) -> Path:
    """Write a report as `STEM.html` and, as plain data, `STEM.json`; returns the stem.

    Raises:
        FormatError: one of them cannot be written.
    """
    write_atomically(stem.with_name(f"{stem.name}.html"), page.encode())
    write_atomically(stem.with_name(f"{stem.name}.json"), json.dumps(report, indent=1).encode())
    return stem


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system allows it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _explain(path: Path, error: OSError) -> FormatError:
    return FormatError(
        tr("{path} could not be written ({strerror}).", path=path, strerror=error.strerror),
        hint=tr("Choose a folder that exists and that you may write to."),
    )
