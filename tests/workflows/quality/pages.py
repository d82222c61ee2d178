"""What every page for people keeps to: well-formed, complete, and nothing fetched from anywhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = frozenset({"meta", "img", "br", "link", "input"})
OF_THE_PAGE = ("#", "data:image/jpeg;base64,")


class Page(HTMLParser):
    """A page as it was parsed; feeding it one that breaks a rule fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.titles: list[str] = []
        self.sources: list[str] = []
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.words: list[str] = []
        self._heads: list[int] = []
        self._is_first = False
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))
        assert self.links <= set(self.ids)
        assert not re.search(r"(https?:)?//\w|url\(|@import", re.sub(r"data:[^\"]*", "", text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert tag not in {"script", "link", "iframe", "object", "embed"}
        assert not any(name.startswith("on") for name in given)
        if self._is_first:
            assert tag == "title", "a figure begins with its title"
        self._is_first = tag == "svg"
        for key in {"src", "href"} & set(given):
            assert given[key].startswith(OF_THE_PAGE)
        if tag == "img":
            assert given["alt"]
            self.sources.append(given["src"])
        if tag == "a":
            self.links.add(given["href"].removeprefix("#"))
        if tag == "table":
            self._heads.append(0)
        if tag == "th":
            assert given["scope"] in {"col", "row"}
            self._heads[-1] += given["scope"] == "col"
        if "id" in given:
            self.ids.append(given["id"])
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID
        assert self.open.pop() == tag
        if tag == "table":
            assert self._heads.pop() >= 2, "a table has headings"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title" and "svg" in self.open:
            assert data.strip()
            self.titles.append(data)
        if data.strip() and "style" not in self.open:
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join(self.words)
