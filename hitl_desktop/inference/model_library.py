"""The models that a person added: a TOML card for each in the data folder, with the path of its file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.model_card import DecodeSpec, InputSpec, ModelCard, read_card
from hitl_desktop.paths import data_dir
from hitl_desktop.translation import tr


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """A model of the library: its card, or what is wrong with it."""

    name: str
    card_file: Path
    card: ModelCard | None
    problem: str = ""


def library_dir() -> Path:
    """The folder of the cards; made when missing."""
    folder = data_dir() / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def entries() -> list[LibraryEntry]:
    """All models of the library, by name; whether a file is still the one of its card is not checked."""
    found: list[LibraryEntry] = []
    for card_file in sorted(library_dir().glob("*.toml")):
        try:
            card = read_card(card_file)
            found.append(LibraryEntry(card.name, card_file, card))
        except ModelError as error:
            found.append(LibraryEntry(card_file.stem, card_file, None, error.message))
    return found


def card_of_hash(sha256: str, file: Path) -> ModelCard | None:
    """The card that was added for a file with this hash, wherever the file lies now."""
    for card_file in library_dir().glob("*.toml"):
        try:
            card = read_card(card_file, file=file)
        except ModelError:
            continue
        if card.sha256 == sha256:
            return card
    return None


def add(card: ModelCard) -> ModelCard:
    """Add a model, or give one that is there a new card; returns the card with a name of its own.

    Raises:
        ModelError: the card cannot be written.
    """
    taken = {e.name for e in entries() if e.card is None or e.card.sha256 != card.sha256}
    name, number = card.name, 2
    while name in taken:
        name, number = f"{card.name}-{number}", number + 1
    for entry in entries():
        if entry.card is not None and entry.card.sha256 == card.sha256:
            entry.card_file.unlink(missing_ok=True)
    named = msgspec.structs.replace(card, name=name)
    try:
        (library_dir() / f"{name}.toml").write_text(card_text(named), encoding="utf-8")
    except OSError as error:
        raise ModelError(
            tr("The card of {name} cannot be written ({error}).", name=name, error=error.strerror),
            hint=tr("Free some space, or check the permissions of {folder}.", folder=library_dir()),
        ) from error
    return named


def remove(name: str) -> None:
    """Take a model from the library; its file stays where it is.

    Raises:
        ModelError: there is no such model.
    """
    card_file = next((e.card_file for e in entries() if e.name == name), None)
    if card_file is None:
        raise ModelError(
            tr("There is no added model called {name}.", name=name), hint=tr("See hitl-desktop models list.")
        )
    card_file.unlink()


def card_text(card: ModelCard) -> str:
    """A card as TOML: strings, numbers and lists of JSON are those of TOML, too."""
    top = {"name": card.name, "title": card.title, "task": card.task, "family": card.family}
    top |= {
        "file": str(card.file.resolve()),
        "sha256": card.sha256,
        "license": card.license,
        "source": card.source,
    }
    lines = [f"{key} = {_value(value)}" for key, value in top.items() if value]
    lines.append(f"classes = {_value(list(card.classes))}")
    for section, spec in (("input", card.input), ("decode", card.decode)):
        lines += ["", f"[{section}]", *_fields(spec)]
    return "\n".join(lines) + "\n"


def _fields(spec: InputSpec | DecodeSpec) -> list[str]:
    fresh = (
        type(spec)(size=(0, 0), mean=(0, 0, 0), std=(1, 1, 1))
        if isinstance(spec, InputSpec)
        else DecodeSpec()
    )
    required = {"size", "mean", "std", "colour", "resize"}
    return [
        f"{key} = {_value(value)}"
        for key, value in msgspec.to_builtins(spec).items()
        if key in required or value != msgspec.to_builtins(fresh)[key]
    ]


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
