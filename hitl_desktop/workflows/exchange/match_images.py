"""Which image of the project a file name means: the same rule wherever records of a file are matched."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import unquote, unquote_plus

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.image_file import SUFFIXES
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]+://[^/]*/?", re.IGNORECASE)
_LOCAL_FILES = re.compile(r"^(?:[a-z]+://[^/]*)?/?data/local-files/?\?(?:.*&)?d=([^&#]*)", re.IGNORECASE)
"""How Label Studio names a file of a folder that it was given; its path is percent-encoded."""
_TO_NORMALISE = re.compile(r"[\\:?]|//|(?:^|/)\.\.?(?:/|$)|^/|/$|^$")
"""What a path has that is more than names between slashes."""
_DRIVE = re.compile(r"^[A-Za-z]:")
_ENDINGS = SUFFIXES | {".heic", ".heif", ".jxl", ".mpo", ".jpg2", ".dcm", ".raw"}
Parts = tuple[str, ...]


class How(IntEnum):
    """How a name was matched, the surest first."""

    EXACT = 0
    TAIL = 1
    UNICODE = 2
    CASE = 3
    PERCENT = 4
    PLUS = 5
    ENDING = 6


IN_WORDS = {
    How.TAIL: tr("by the end of their path"),
    How.UNICODE: tr("with letters composed in another way"),
    How.CASE: tr("without regard to upper and lower case"),
    How.PERCENT: tr("after percent signs were decoded"),
    How.PLUS: tr("after percent and plus signs were decoded"),
    How.ENDING: tr("although their ending is another one"),
}


@dataclass(frozen=True, slots=True)
class Match:
    """The image that a name means, and how that is known."""

    record: ImageRecord
    how: How
    parts: int


def match_by_name(project: Project, names: Sequence[str]) -> dict[str, ImageRecord]:
    """The project's image for each file name, where the match is certain."""
    return {name: found.record for name, found in match_images(project, names).items()}


def match_images(project: Project, names: Sequence[str]) -> dict[str, Match]:
    """The project's image for each file name, where the match is certain.

    In this order: the very path in its folder; the longest end of the path, part by part, that fits a single
    image (a folder that contradicts fits none); and, for names that fit none so, the same without regard to
    Unicode form, case, percent signs, and ending. Of several names for one image the surest counts; of
    equally sure ones none.
    """
    folders = {i: _parts(project.folder_path(i).as_posix()) for i in project.files.folders()}
    records = project.images.all()
    split = {name: _parts(name) for name in dict.fromkeys(names)}
    found: dict[str, Match] = {}
    for how, keys in _KEYS.items():
        waiting = {name: parts for name, parts in split.items() if name not in found}
        if waiting:
            found |= _Index(records, folders, keys).match(waiting, split, how)
    return _surest(found, split)


def _parts(path: str) -> Parts:
    """The parts of a path or an address, without drive, query, and steps to folders above."""
    if not _TO_NORMALISE.search(path):  # nearly all, and there are hundreds of thousands
        return tuple(path.split("/"))
    local, address = _LOCAL_FILES.match(path), _ADDRESS.match(path)
    if local:
        path = local[1]
    elif address:
        path = re.split(r"[?#]", path[address.end() :], maxsplit=1)[0]
    normal = posixpath.normpath(_DRIVE.sub("", path.replace("\\", "/")))
    return tuple(part for part in normal.split("/") if part not in {"", ".", ".."})


def _plain(parts: Parts) -> Parts:
    return parts


def _composed(parts: Parts) -> Parts:
    return tuple(unicodedata.normalize("NFC", part) for part in parts)


def _caseless(parts: Parts) -> Parts:
    return _composed(tuple(part.casefold() for part in _composed(parts)))


def _decoded(parts: Parts) -> Parts:
    return _caseless(_parts("/".join(_until_stable(unquote, part) for part in parts)))


def _decoded_plus(parts: Parts) -> Parts:
    return _caseless(_parts("/".join(_until_stable(unquote_plus, part) for part in parts)))


def _without_ending(parts: Parts) -> Parts:
    parts = _decoded(parts)
    if not parts:
        return parts
    stem, ending = posixpath.splitext(parts[-1])
    return (*parts[:-1], stem if ending in _ENDINGS else parts[-1])


def _until_stable(change: Callable[[str], str], text: str) -> str:
    """Addresses are sometimes encoded twice."""
    for _ in range(3):
        changed = change(text)
        if changed == text:
            break
        text = changed
    return text


_KEYS: Mapping[How, Callable[[Parts], Parts]] = {
    How.EXACT: _plain,
    How.UNICODE: _composed,
    How.CASE: _caseless,
    How.PERCENT: _decoded,
    How.PLUS: _decoded_plus,
    How.ENDING: _without_ending,
}


class _Index:
    """The project's images by their paths under one kind of key."""

    def __init__(
        self, records: Iterable[ImageRecord], folders: Mapping[int, Parts], key: Callable[[Parts], Parts]
    ) -> None:
        self._key = key
        self._folders = {i: key(parts) for i, parts in folders.items()}
        self._by_path: dict[Parts, list[ImageRecord]] = {}
        self._by_tail: dict[Parts, list[ImageRecord]] = {}
        for record in records:
            path = key(_parts(record.path))
            self._by_path.setdefault(path, []).append(record)
            for start in range(1, len(path)):
                self._by_tail.setdefault(path[start:], []).append(record)

    def match(self, waiting: Mapping[str, Parts], names: Mapping[str, Parts], how: How) -> dict[str, Match]:
        """Those of the waiting names that fit a single image; `names` are all of the file."""
        keys = {name: key for name, parts in names.items() if (key := self._key(parts))}
        found = {
            name: Match(exact[0], how, len(keys[name]))
            for name in waiting
            if name in keys and len(exact := self._by_path.get(keys[name], ())) == 1
        }
        if all(name in found or name not in keys for name in waiting):
            return found
        fits = {name: self._fits(parts) for name, parts in keys.items()}
        roots = self._roots(fits)
        for name, parts in keys.items():
            match = self._best(parts, fits[name], roots) if name in waiting and name not in found else None
            if match is not None:
                record, agreed = match
                found[name] = Match(record, How.TAIL if how is How.EXACT else how, agreed)
        return found

    def _fits(self, name: Parts) -> list[tuple[ImageRecord, int, int]]:
        """Images whose path is the end of a name: how many parts agree, and how many of these are of the
        folder."""
        found: list[tuple[ImageRecord, int, int]] = []
        for length in range(1, len(name) + 1):
            for record in self._by_path.get(name[-length:], ()):
                extra = _agreement(name[:-length], self._folders[record.folder_id])
                found.append((record, length + extra, extra))
        return found

    def _roots(self, fits: Mapping[str, Sequence[tuple[ImageRecord, int, int]]]) -> dict[int, int]:
        """How many parts of a folder's own path the names of the file have, by folder, as far as can be seen.

        Where some names have the folder's name, another name in its place is that of another folder.
        """
        roots: dict[int, int] = {}
        for candidates in fits.values():
            for record, _, extra in candidates:
                roots[record.folder_id] = max(roots.get(record.folder_id, 0), extra)
        return roots

    def _best(
        self, name: Parts, fits: Sequence[tuple[ImageRecord, int, int]], roots: Mapping[int, int]
    ) -> tuple[ImageRecord, int] | None:
        candidates = {
            record.id: (agreed, record)
            for record, agreed, extra in fits
            if agreed == len(name) or extra >= roots[record.folder_id]
        }
        candidates |= {record.id: (len(name), record) for record in self._by_tail.get(name, ())}
        if not candidates:
            return None
        longest = max(agreed for agreed, _ in candidates.values())
        best = [record for agreed, record in candidates.values() if agreed == longest]
        return (best[0], longest) if len(best) == 1 else None


def _agreement(name: Parts, folder: Parts) -> int:
    """How many parts two paths have in common at their end."""
    count = 0
    for part, folder_part in zip(reversed(name), reversed(folder), strict=False):
        if part != folder_part:
            break
        count += 1
    return count


def _surest(found: Mapping[str, Match], split: Mapping[str, Parts]) -> dict[str, Match]:
    """Without names for an image that another name fits better, or as well."""
    claims: dict[int, list[str]] = {}
    for name, match in found.items():
        claims.setdefault(match.record.id, []).append(name)
    kept: dict[str, Match] = {}
    for names in claims.values():
        best = min((found[name].how, -found[name].parts) for name in names)
        first = [name for name in names if (found[name].how, -found[name].parts) == best]
        if len({split[name] for name in first}) == 1:
            kept |= {name: found[name] for name in first}
    return {name: kept[name] for name in found if name in kept}
