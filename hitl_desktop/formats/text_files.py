"""Files of others as values: bounded in size, depth and encoding, never executed or fetched from elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec

from hitl_desktop.errors import FormatError
from hitl_desktop.formats import foreign
from hitl_desktop.formats.lenient_json import mended
from hitl_desktop.translation import tr

MOST_BYTES = 400_000_000
"""Of one file; a label file of this size is none."""
_NULS = b"\0" * 64


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file.

    Raises:
        FormatError: it cannot be read, is no text, or is too large.
    """
    try:
        if not path.is_file():
            raise FormatError(
                tr("{path} is not a file.", path=path), hint=tr("Check the name and its permissions.")
            )
        size = path.stat().st_size
        if size > most:
            raise FormatError(
                tr("{path} has {size} MB, more than any label file.", path=path, size=size // 1_000_000),
                hint=tr("Check that it is the right file."),
            )
        with path.open("rb") as file:
            content = file.read(len(_NULS))
            content += b"" if content == _NULS else file.read()
    except OSError as error:
        raise FormatError(
            tr("{path} cannot be read ({strerror}).", path=path, strerror=error.strerror),
            hint=tr("Check the name and its permissions."),
        ) from error
    if content.startswith(_NULS):
        raise FormatError(
            tr("{path} has no text in it.", path=path), hint=tr("Export it again from where it came from.")
        )
    return content


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252.

    Raises:
        FormatError: it cannot be read, is no text, or is too large.
    """
    content = read_bytes(path, most)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def read_json(path: Path) -> Any:
    """The value in a JSON file; numbers that are none become None.

    Raises:
        FormatError: it cannot be read, or is no JSON.
    """
    content = read_bytes(path)
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _lenient_json(path)


def _lenient_json(path: Path) -> Any:
    import json  # noqa: PLC0415 - for odd files only

    try:
        return mended(json.loads(read_text(path)))
    except (ValueError, RecursionError) as error:
        foreign.refuse_other_files(path, read_bytes(path)[:512])
        raise FormatError(
            tr("{path} is not valid JSON ({error}).", path=path, error=str(error)[:200]),
            hint=tr("Export it again from where it came from."),
        ) from error


def read_xml(path: Path) -> Element:
    """The root of an XML file without entities of its own.

    Raises:
        FormatError: it cannot be read, is no XML, or has entities that grow or lead elsewhere.
    """
    from defusedxml import DefusedXmlException  # noqa: PLC0415 - for XML only
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    content = read_bytes(path)
    try:
        return fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise FormatError(
            tr("{path} defines entities, which label files have no use for.", path=path),
            hint=tr("Export it again without a document type."),
        ) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise FormatError(
            tr("{path} is not valid XML ({error}).", path=path, error=error),
            hint=tr("Export it again from where it came from."),
        ) from error


def read_csv(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The first row of a table, and the others with their numbers; separated by commas, semicolons or tabs.

    Raises:
        FormatError: it cannot be read, or has no rows.
    """
    text = read_text(path)
    first = text[: text.find("\n")] if "\n" in text else text
    separator = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = [cell.strip() for cell in next(rows)]
    except (StopIteration, csv.Error) as error:
        raise FormatError(
            tr("{path} has no table in it.", path=path), hint=tr("Export it again from where it came from.")
        ) from error
    return header, _rows(rows)


def _rows(rows: Any) -> Iterator[tuple[int, list[str]]]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:  # a field without end, or a NUL
            continue
        if any(row):
            yield rows.line_num, row
