"""Spacing, sizes and colours of the window, light and dark; everything else is made of them.

Contrasts are those of WCAG 2.1 (level AA: 4.5 for text, 3 for borders and icons); a test computes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SPACE: Final = (4, 8, 12, 16, 24)
RADIUS: Final = 6
RADIUS_CHIP: Final = 4
CONTROL: Final = 28
"""Height of a control in pixels; nothing that can be clicked is smaller than 24."""
ACTION_BAR: Final = 36
TOOLBAR: Final = 40
CAPTION: Final = 11
BODY: Final = 13
TITLE: Final = 15
PAGE: Final = 20
FOCUS: Final = 2
REVIEW_FRAME: Final = 4
"""Width of the frame of a review mode."""
REVIEWS: Final = ("audit", "validation", "label_issues", "blind", "bulk", "unknown")


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one theme, as #RRGGBB."""

    is_dark: bool
    surface: str
    raised: str
    sunken: str
    canvas: str
    text: str
    text_dim: str
    placeholder: str
    border: str
    line: str
    accent: str
    on_accent: str
    selected: str
    on_selected: str
    on_selected_dim: str
    ok: str
    warn: str
    danger: str
    notice: str
    on_notice: str
    notice_action: str
    right: str
    wrong: str
    series: tuple[str, str, str, str]
    review_audit: str
    review_validation: str
    review_label_issues: str
    review_blind: str
    review_bulk: str
    review_unknown: str
    false_positive: str
    missed: str
    other_name: str


LIGHT: Final = Colours(
    is_dark=False,
    surface="#F7F8FA", raised="#FFFFFF", sunken="#EEF0F3", canvas="#8A8D92",
    text="#1B1F24", text_dim="#59616B", placeholder="#6B737D", border="#828A94", line="#D5D9DF",
    accent="#1F5FD6", on_accent="#FFFFFF", selected="#DCE8FD", on_selected="#1B1F24", on_selected_dim="#4A525C",
    ok="#1B7F4B", warn="#8A5A00", danger="#B3261E",
    notice="#22262B", on_notice="#F2F4F6", notice_action="#9CC2FF",
    right="#1F6FB4", wrong="#D3620F", series=("#1F6FB4", "#C2500A", "#23794B", "#7A4BB0"),
    review_audit="#1F5FD6", review_validation="#8E44AD", review_label_issues="#8A5A00", review_blind="#0F766E",
    review_bulk="#9D174D", review_unknown="#59616B",
    false_positive="#C43D08", missed="#176FC1", other_name="#C2409A",
)  # fmt: skip
DARK: Final = Colours(
    is_dark=True,
    surface="#1B1D20", raised="#232629", sunken="#2C3034", canvas="#141517",
    text="#E7E9EC", text_dim="#A6ADB6", placeholder="#9098A2", border="#6B737D", line="#3A3F45",
    accent="#6EA2FF", on_accent="#0B1220", selected="#27406B", on_selected="#FFFFFF", on_selected_dim="#C3CEDF",
    ok="#5CC98D", warn="#E3B341", danger="#FF8A80",
    notice="#E7E9EC", on_notice="#1B1F24", notice_action="#1F5FD6",
    right="#3F8FD8", wrong="#E07F35", series=("#6CB1F0", "#F2A15F", "#6FD09A", "#C3A0F0"),
    review_audit="#6EA2FF", review_validation="#C792EA", review_label_issues="#E3B341", review_blind="#4FD1C5",
    review_bulk="#F48FB1", review_unknown="#A6ADB6",
    false_positive="#F2773C", missed="#4DA3EC", other_name="#E07BC3",
)  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.1)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
