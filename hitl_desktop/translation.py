"""What people read, in their language: every text is looked up in a gettext catalogue, and is English without
one.

The language is fixed when the program starts, as `HITL_DESKTOP_LANGUAGE` or else the locale names it.
"""

from __future__ import annotations

import gettext
import os
import re

from hitl_desktop.paths import resources_dir

DOMAIN = "hitl_desktop"
PSEUDO = "pseudo"
"""A language for tests: each text in brackets, with accents and 40 % longer."""
_VARIABLE = "HITL_DESKTOP_LANGUAGE"
_ACCENTS = str.maketrans("aeiouyAEIOUY", "àéîöüýÀÉÎÖÜÝ")
_KEPT = re.compile(r"(\{[^}]*\}|<[^>]*>)")


class _Pseudo(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        words = "".join(
            part if _KEPT.fullmatch(part) else part.translate(_ACCENTS) for part in _KEPT.split(message)
        )
        more = "~~~~~~~ " * round(0.05 * len(message)) or "~" * round(0.4 * len(message))
        return f"[{words}{more.rstrip()}]"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def _catalogue() -> gettext.NullTranslations:
    chosen = os.environ.get(_VARIABLE)
    if chosen == PSEUDO:
        return _Pseudo()
    languages = [chosen] if chosen else None
    return gettext.translation(DOMAIN, resources_dir() / "translations", languages, fallback=True)


_texts = _catalogue()


def language() -> str:
    """The language of the texts, as a page names it."""
    return _texts.info().get("language", "en").replace("_", "-")


def tr(text: str, /, **arguments: object) -> str:
    """The text in the person's language, with `arguments` in the places of their names."""
    found = _texts.gettext(text)
    return found.format(**arguments) if arguments else found


def trn(one: str, many: str, n: int, /, **arguments: object) -> str:
    """The text for this number, "{n}" in it, in the plural form of the person's language."""
    return _texts.ngettext(one, many, n).format(n=n, **arguments)
