"""The names of a model's classes: in its metadata in one of the usual forms, or in a file beside it."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hitl_desktop.inference.recognition.coco_names import COCO

_KEYS = ("names", "classes", "class_names", "labels", "id2label", "character", "categories", "class_labels")
_FILES = (
    "data.yaml",
    "data.yml",
    "dataset.yaml",
    "labels.txt",
    "classes.txt",
    "names.txt",
    "obj.names",
    "classes.json",
)
_MOST_BYTES = 1_000_000

_MISSING_IDS = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
_COCO_IDS = 91


def from_metadata(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The names that a file carries; none if it carries none."""
    lowered = {key.lower(): value for key, value in metadata.items()}
    for key in _KEYS:
        if names := parsed(lowered.get(key, "")):
            return names
    return ()


def parsed(text: str) -> tuple[str, ...]:
    """Names from JSON, a Python literal, or lines; keys that are numbers are sorted as numbers."""
    text = text.strip()
    if not text or len(text) > _MOST_BYTES:
        return ()
    if text[0] in "{[(":
        for read in (json.loads, ast.literal_eval):
            try:
                return _listed(read(text))
            except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
                continue
        return ()
    lines = [line.strip() for line in (text.splitlines() if "\n" in text else text.split(","))]
    return tuple(line for line in lines if line)


def _listed(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        items: dict[Any, Any] = value
        for key in _KEYS:
            if key in items:
                return _listed(items[key])
        if all(str(key).lstrip("-").isdigit() for key in items):
            return tuple(str(items[key]) for key in sorted(items, key=int))
        if all(isinstance(place, int) for place in items.values()):  # a name to a number
            return tuple(str(name) for name in sorted(items, key=lambda name: items[name]))
        return ()
    return tuple(str(name.get("name", name)) if isinstance(name, dict) else str(name) for name in value)


def from_files(model: Path) -> tuple[str, ...]:
    """The names in a file beside a model: `<model>.names`, `.txt`, `.yaml` or `.json`, or one of the usual names."""
    beside = [model.with_suffix(ending) for ending in (".names", ".txt", ".yaml", ".yml", ".json")]
    for file in (*beside, *(model.parent / name for name in _FILES)):
        try:
            text = (
                file.read_text(encoding="utf-8-sig")
                if file.is_file() and file.stat().st_size < _MOST_BYTES
                else ""
            )
        except (OSError, UnicodeDecodeError):
            continue
        names = _from_yaml(text) if file.suffix in (".yaml", ".yml") else parsed(text)
        if names:
            return names
    return ()


def _from_yaml(text: str) -> tuple[str, ...]:
    """The `names` of a YAML file as data sets for YOLO have it."""
    import yaml  # noqa: PLC0415 - only for models with such a file beside them

    try:
        found: Any = yaml.safe_load(text)
        return _listed(found["names"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError):
        return ()


def usual(classes: int, thing: str) -> tuple[str, ...]:
    """Names for so many classes where none are given: those of COCO for 80 or its 91 ids, what a network for one
    thing finds, else numbers."""
    if classes == len(COCO):
        return COCO
    if classes in (_COCO_IDS, _COCO_IDS - 1):
        by_id = iter(COCO)
        ids = range(1 if classes < _COCO_IDS else 0, _COCO_IDS)
        return tuple(str(n) if n == 0 or n in _MISSING_IDS else next(by_id) for n in ids)
    if classes == 1 and thing:
        return (thing,)
    return tuple(str(number) for number in range(classes))
