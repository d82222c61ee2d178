"""What people read comes from the catalogue, in the plural form and with the arguments of their language."""

from __future__ import annotations

import ast
import gettext
import io
import json
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from jinja2 import nodes

import hitl_desktop
from hitl_desktop import translation
from hitl_desktop.domain.words import counted
from hitl_desktop.paths import resources_dir
from hitl_desktop.translation import PSEUDO, tr, trn
from hitl_desktop.workflows.quality.pages import environment

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((resources_dir() / "templates").rglob("*.html"))
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


def template_calls() -> Iterator[tuple[str, nodes.Call]]:
    for path in TEMPLATES:
        for call in environment().parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in {"tr", "trn"}:
                yield f"{path.name}:{call.lineno}", call


def test_every_text_of_a_template_can_be_extracted_and_has_all_its_arguments() -> None:
    seen: set[str] = set()
    for where, call in template_calls():
        is_plural = call.node.name == "trn"  # type: ignore[attr-defined]
        given = {keyword.key for keyword in call.kwargs} | ({"n"} if is_plural else set())
        for text in call.args[: 2 if is_plural else 1]:
            assert isinstance(text, nodes.Const), f"{where}: not a literal"
            fields = {name for _, name, _, _ in string.Formatter().parse(text.value) if name}
            assert fields == given, f"{where}: {text.value}"
        first = call.args[0]
        assert isinstance(first, nodes.Const)
        seen.add(first.value)
    assert len(seen) > 30
    methods, _ = parse_mapping_cfg(io.StringIO((ROOT / "packaging" / "babel.cfg").read_text()))
    keywords = {"tr": None, "trn": (1, 2)}
    found = extract_from_dir(TEMPLATES[0].parent, methods, {"**.html": {"trimmed": "true"}}, keywords)
    extracted = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    assert extracted == seen
    assert "-F packaging/babel.cfg" in (ROOT / "Makefile").read_text()


class Words(HTMLParser):
    """The words of a template outside of its expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.extend(re.findall(r"[A-Za-z]+", data))


def test_a_template_has_no_words_of_its_own() -> None:
    for path in TEMPLATES:
        parser = Words()
        tree = environment().parse(path.read_text())
        parser.feed("".join(part.data if isinstance(part, nodes.TemplateData) else "0"
                            for output in tree.find_all(nodes.Output) for part in output.nodes))  # fmt: skip
        assert parser.words == [], path.name


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


def test_every_error_is_looked_up() -> None:
    """Both sentences of it, for people read them."""
    bare = [
        f"{path.name}:{text.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and any(keyword.arg == "hint" for keyword in node.keywords)
        for text in (*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "hint"))
        if isinstance(text, ast.Constant | ast.JoinedStr) and any(c.isalpha() for c in literal(text))
    ]
    assert bare == []


def literal(text: ast.Constant | ast.JoinedStr) -> str:
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
