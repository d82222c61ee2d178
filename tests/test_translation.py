"""What people read comes from the catalogue, in the plural form and with the arguments of their language."""

from __future__ import annotations

import ast
import gettext
import json
import os
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hitl_desktop
from hitl_desktop import translation
from hitl_desktop.domain.words import counted
from hitl_desktop.translation import PSEUDO, tr, trn

SOURCES = sorted(Path(hitl_desktop.__file__).parent.rglob("*.py"))


class Polish(gettext.NullTranslations):
    """A language with three plural forms."""

    def gettext(self, message: str) -> str:
        return {"{name} is gone.": "Nie ma {name}."}.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        few = n % 10 in {2, 3, 4} and n % 100 not in {12, 13, 14}
        return "{n} obiekt" if n == 1 else "{n} obiekty" if few else "{n} obiektów"


def test_a_text_without_a_catalogue_is_english() -> None:
    assert tr("{name} is gone.", name="a.jpg") == "a.jpg is gone."
    assert trn("{n} box of {name}", "{n} boxes of {name}", 1, name="cat") == "1 box of cat"
    assert tr("100 {") == "100 {"  # nothing is filled in where there are no arguments


def test_plurals_and_arguments_are_those_of_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "_texts", Polish())
    assert tr("{name} is gone.", name="a.jpg") == "Nie ma a.jpg."
    assert [counted(n, "object") for n in (1, 2, 5, 22)] == [
        "1 obiekt",
        "2 obiekty",
        "5 obiektów",
        "22 obiekty",
    ]


def test_a_noun_that_nobody_can_translate_is_refused() -> None:
    with pytest.raises(KeyError):
        counted(2, "doodad")


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"tr", "trn"}
            ):
                yield f"{path.name}:{node.lineno}", node


def test_every_text_can_be_extracted_and_has_all_its_arguments() -> None:
    seen = 0
    for where, call in calls():
        texts = call.args[: 1 if call.func.id == "tr" else 2]  # type: ignore[attr-defined]
        for text in texts:
            assert isinstance(text, ast.Constant), f"{where}: not a literal"
            seen += 1
            if any(keyword.arg is None for keyword in call.keywords):
                continue  # given as a dictionary
            given = {keyword.arg: 1 for keyword in call.keywords} | ({"n": 1} if len(texts) == 2 else {})
            if given:
                fields = {
                    name.split(".")[0] for _, name, _, _ in string.Formatter().parse(text.value) if name
                }
                assert fields <= set(given), f"{where}: {text.value}"
    assert seen > 1000


def test_nothing_on_the_screen_misses_the_catalogue(tmp_path: Path, images: Path) -> None:
    """The window, its menus and its dialogs in a language that puts each text into brackets."""
    own = {name: str(tmp_path / name) for name in ("HITL_CONFIG_DIR", "HITL_DATA_DIR", "HITL_CACHE_DIR")}
    environment = {**os.environ, **own, "HITL_DESKTOP_LANGUAGE": PSEUDO, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.pseudo_texts", str(images)],
        check=False, capture_output=True, text=True, env=environment, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {}
