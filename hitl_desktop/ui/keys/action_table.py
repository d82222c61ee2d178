"""The table of all commands of the window; menus, shortcuts, palette and cheat sheet are built from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Final

from PySide6.QtGui import QKeySequence

from hitl_desktop.translation import tr


class When(Enum):
    """When an act can be done."""

    ALWAYS = "always"
    PROJECT = "a project is open"
    IMAGE = "an image is at hand"


class Menu(Enum):
    """The menus, as they stand in the menu bar."""

    FILE = "file"
    EDIT = "edit"
    REVIEW = "review"
    QUEUE = "queue"
    BOX = "box"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"
    VIEW = "view"
    DISPLAY = "display"
    MODEL = "model"
    HELP = "help"


MENU_TITLES: Final[Mapping[Menu, str]] = MappingProxyType(
    {
        Menu.FILE: tr("&File"),
        Menu.EDIT: tr("&Edit"),
        Menu.REVIEW: tr("&Review"),
        Menu.QUEUE: tr("&Queue"),
        Menu.BOX: tr("&Box"),
        Menu.CATEGORY: tr("&Category"),
        Menu.ATTRIBUTE: tr("&Attribute"),
        Menu.VIEW: tr("&View"),
        Menu.DISPLAY: tr("&Display"),
        Menu.MODEL: tr("&Model"),
        Menu.HELP: tr("&Help"),
    }
)


def plain(text: str) -> str:
    """The text of a menu entry without mnemonics and trailing dots."""
    return re.sub("&(.)", r"\1", text).rstrip(".")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One act: its words, its key and perhaps another one, the menu it stands in.

    Keys on the canvas alone leave text fields their own.
    """

    id: str
    text: str
    shortcut: str
    when: When
    menu: Menu
    also: str = ""
    on_canvas: bool = False
    held: bool = False

    @property
    def words(self) -> str:
        """What it does, without marks for the keyboard."""
        return plain(self.text)

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys as delivered."""
        return tuple(key for key in (self.shortcut, self.also) if key)


@cache
def _presses(key: str) -> list[str]:
    return QKeySequence(key).toString().split(", ")


def clash(key: str, other: str) -> bool:
    """Whether one key sequence begins the other, so that the longer one could never be typed."""
    keys, other_keys = _presses(key), _presses(other)
    length = min(len(keys), len(other_keys))
    return bool(key and other) and keys[:length] == other_keys[:length]


ACTIONS: Final = (
    ActionSpec("open_folder", tr("Open &folder..."), "Ctrl+O", When.ALWAYS, Menu.FILE),
    ActionSpec("open_project", tr("Open &project..."), "Ctrl+Shift+O", When.ALWAYS, Menu.FILE),
    ActionSpec("open_sample", tr("Open the &sample"), "", When.ALWAYS, Menu.FILE),
    ActionSpec("add_folder", tr("&Add another folder..."), "", When.PROJECT, Menu.FILE),
    ActionSpec("import_coco", tr("&Import labels..."), "Ctrl+I", When.PROJECT, Menu.FILE),
    ActionSpec("import_folder", tr("Import a folder of la&bels..."), "", When.PROJECT, Menu.FILE),
    ActionSpec("export_coco", tr("&Export COCO..."), "Ctrl+E", When.PROJECT, Menu.FILE),
    ActionSpec("export_as", tr("E&xport as..."), "", When.PROJECT, Menu.FILE),
    ActionSpec("export_head", tr("Export the &trained detector..."), "", When.PROJECT, Menu.FILE),
    ActionSpec("export_all", tr("Export COCO, images to &do too..."), "", When.PROJECT, Menu.FILE),
    ActionSpec("refresh", tr("&Read the folders and this image again"), "F5", When.PROJECT, Menu.FILE),
    ActionSpec("relink", tr("Find this image e&lsewhere..."), "", When.IMAGE, Menu.FILE),
    ActionSpec("find_missing", tr("Find &missing images in a folder..."), "", When.PROJECT, Menu.FILE),
    ActionSpec("your_name", tr("&Your name..."), "", When.PROJECT, Menu.FILE),
    ActionSpec("quit", tr("&Quit"), "Ctrl+Q", When.ALWAYS, Menu.FILE),
    ActionSpec("undo", tr("&Undo"), "Ctrl+Z", When.PROJECT, Menu.EDIT),
    ActionSpec("redo", tr("&Redo"), "Ctrl+Shift+Z", When.PROJECT, Menu.EDIT, "Ctrl+Y"),
    ActionSpec("go_elsewhere", tr("&Go to the image that undo changed"), "Ctrl+J", When.PROJECT, Menu.EDIT),
    ActionSpec("accept_picture", tr("&Accept all and next"), "A", When.IMAGE, Menu.REVIEW),
    ActionSpec("mark_empty", tr("Mark &empty and next"), "E", When.IMAGE, Menu.REVIEW),
    ActionSpec("skip", tr("&Skip with a reason..."), "S", When.IMAGE, Menu.REVIEW),
    ActionSpec("accept_many", tr("Accept &many at once..."), "Ctrl+Shift+M", When.PROJECT, Menu.REVIEW),
    ActionSpec("check_accepted", tr("&Check what was accepted at once..."), "", When.PROJECT, Menu.REVIEW),
    ActionSpec("next", tr("&Next image to do"), "N", When.PROJECT, Menu.REVIEW),
    ActionSpec("previous", tr("&Previous image"), "P", When.PROJECT, Menu.REVIEW),
    ActionSpec(
        "focus_queue",
        tr("&Go to the image list"),
        "Ctrl+G",
        When.PROJECT,
        Menu.QUEUE,
    ),
    ActionSpec("find_picture", tr("&Find an image by name or reason"), "Ctrl+F", When.PROJECT, Menu.QUEUE),
    ActionSpec("more_filters", tr("&More filters, sorting"), "Ctrl+Shift+F", When.PROJECT, Menu.QUEUE),
    ActionSpec("mix", tr("Queue mi&x..."), "Ctrl+M", When.PROJECT, Menu.QUEUE),
    ActionSpec("skip_selected", tr("&Skip selected"), "", When.PROJECT, Menu.QUEUE),
    ActionSpec("reopen_selected", tr("Re&open selected"), "", When.PROJECT, Menu.QUEUE),
    ActionSpec("tag_selected", tr("&Tag selected..."), "", When.PROJECT, Menu.QUEUE),
    ActionSpec("untag_selected", tr("Remove t&ag..."), "", When.PROJECT, Menu.QUEUE),
    ActionSpec("take_better", tr("Sho&w newer suggestions"), "R", When.IMAGE, Menu.REVIEW),
    ActionSpec(
        "next_box", tr("Next &box, most uncertain first"), "Tab", When.IMAGE, Menu.BOX, on_canvas=True
    ),
    ActionSpec("previous_box", tr("Previous b&ox"), "Shift+Tab", When.IMAGE, Menu.BOX, on_canvas=True),
    ActionSpec(
        "accept_box",
        tr("A&ccept the selected suggestion"),
        "Return",
        When.IMAGE,
        Menu.BOX,
        "Enter",
        on_canvas=True,
    ),
    ActionSpec("remove_box", tr("Re&ject or delete the selected box"), "X", When.IMAGE, Menu.BOX, "Del"),
    ActionSpec("tool_select", tr("Select tool: drags move and select"), "V", When.PROJECT, Menu.BOX),
    ActionSpec("tool_box", tr("Box tool: drags draw"), "", When.PROJECT, Menu.BOX),
    ActionSpec("begin_box", tr("Begin a box by &keys: arrows, Alt+arrows, Enter"), "B", When.IMAGE, Menu.BOX),
    ActionSpec("click_to_box", tr("Box &from a click: under the pointer"), "J", When.IMAGE, Menu.BOX),
    ActionSpec(
        "grab_corner",
        tr("Nearest cor&ner follows the pointer until a click"),
        "Shift+R",
        When.IMAGE,
        Menu.BOX,
    ),
    ActionSpec("duplicate", tr("&Duplicate the selection"), "Ctrl+D", When.IMAGE, Menu.BOX, on_canvas=True),
    ActionSpec("copy", tr("Cop&y the selection"), "Ctrl+C", When.IMAGE, Menu.BOX, on_canvas=True),
    ActionSpec("paste", tr("&Paste"), "Ctrl+V", When.IMAGE, Menu.BOX, on_canvas=True),
    ActionSpec("take_previous", tr("Copy boxes from previous image"), "Ctrl+Shift+V", When.IMAGE, Menu.BOX),
    ActionSpec("select_all", tr("&Select all boxes"), "Ctrl+A", When.IMAGE, Menu.BOX, on_canvas=True),
    ActionSpec("select_category", tr("Select all of this category"), "Ctrl+Shift+A", When.IMAGE, Menu.BOX),
    ActionSpec("toggle_lock", tr("&Lock or unlock the selection"), "L", When.IMAGE, Menu.BOX),
    ActionSpec("hide_selected", tr("&Hide the selection"), "Shift+H", When.IMAGE, Menu.BOX),
    ActionSpec("hide_category", tr("Hide this category"), "Ctrl+H", When.IMAGE, Menu.BOX),
    ActionSpec("show_hidden", tr("Show what was hidden"), "Ctrl+Shift+H", When.IMAGE, Menu.BOX),
    ActionSpec("draw_by_drag", tr("Draw by dragging"), "", When.PROJECT, Menu.BOX),
    ActionSpec("draw_by_corners", tr("Draw by two corner clicks"), "", When.PROJECT, Menu.BOX),
    ActionSpec("draw_by_extremes", tr("Draw by four extreme points"), "", When.PROJECT, Menu.BOX),
    ActionSpec("unknown", tr("Mark as &unknown"), "U", When.IMAGE, Menu.BOX),
    ActionSpec("find_category", tr("&Find or add a category"), "C", When.PROJECT, Menu.CATEGORY),
    *(
        ActionSpec(f"category_{n}", tr("Category &{n}", n=n), str(n), When.IMAGE, Menu.CATEGORY)
        for n in range(1, 10)
    ),
    ActionSpec("name_unknowns", tr("Name the &unknown objects..."), "Ctrl+U", When.PROJECT, Menu.CATEGORY),
    ActionSpec("rename_category", tr("&Rename the current category..."), "F2", When.PROJECT, Menu.CATEGORY),
    ActionSpec(
        "recolour_category", tr("&Colour of the current category..."), "", When.PROJECT, Menu.CATEGORY
    ),
    ActionSpec("choose_category_key", tr("&Key of the current category..."), "", When.PROJECT, Menu.CATEGORY),
    ActionSpec("show_from", tr("&Show the current category from..."), "", When.PROJECT, Menu.CATEGORY),
    ActionSpec(
        "general_threshold",
        tr("Use the &general threshold for the current category"),
        "",
        When.PROJECT,
        Menu.CATEGORY,
    ),
    ActionSpec(
        "merge_category", tr("&Merge the current category into another..."), "", When.PROJECT, Menu.CATEGORY
    ),
    ActionSpec("retire_category", tr("Re&tire the current category..."), "", When.PROJECT, Menu.CATEGORY),
    ActionSpec("say_occluded", tr("&Occluded"), "O", When.IMAGE, Menu.ATTRIBUTE),
    ActionSpec("say_truncated", tr("T&runcated"), "I", When.IMAGE, Menu.ATTRIBUTE),
    ActionSpec("say_difficult", tr("&Difficult"), "D", When.IMAGE, Menu.ATTRIBUTE),
    ActionSpec("say_crowd", tr("A &crowd"), "G", When.IMAGE, Menu.ATTRIBUTE),
    *(
        ActionSpec(f"attribute_{n}", tr("Attribute {n}", n=n), f"Q, {n}", When.IMAGE, Menu.ATTRIBUTE)
        for n in range(1, 10)
    ),
    ActionSpec("add_attribute", tr("&Add an attribute..."), "", When.PROJECT, Menu.ATTRIBUTE),
    ActionSpec("remove_attribute", tr("Re&move an attribute..."), "", When.PROJECT, Menu.ATTRIBUTE),
    ActionSpec("edit_tags", tr("&Tags of this image"), "T", When.IMAGE, Menu.ATTRIBUTE),
    *(
        ActionSpec(f"tag_{n}", tr("Tag {n} of the project", n=n), f"Y, {n}", When.IMAGE, Menu.ATTRIBUTE)
        for n in range(1, 10)
    ),
    ActionSpec("image_only", tr("Image only: hide or show the panels"), "\\", When.PROJECT, Menu.VIEW),
    ActionSpec("compare", tr("&Compare labels with suggestions"), "Shift+C", When.PROJECT, Menu.VIEW),
    ActionSpec(
        "compare_next", tr("Comparison: next type of mista&ke"), "Ctrl+Shift+C", When.PROJECT, Menu.VIEW
    ),
    ActionSpec("motion", tr("Animate &zooming"), "", When.ALWAYS, Menu.VIEW),
    ActionSpec("fit", tr("&Fit the image"), "F", When.IMAGE, Menu.VIEW),
    ActionSpec("zoom_in", tr("Zoom &in"), "+", When.IMAGE, Menu.VIEW),
    ActionSpec("zoom_out", tr("Zoom &out"), "-", When.IMAGE, Menu.VIEW),
    ActionSpec("real_size", "&100 %", "Z", When.IMAGE, Menu.VIEW),
    ActionSpec("brighter", tr("Brighter"), "Ctrl+.", When.IMAGE, Menu.DISPLAY),
    ActionSpec("darker", tr("Darker"), "Ctrl+,", When.IMAGE, Menu.DISPLAY),
    ActionSpec("more_contrast", tr("More contrast"), "Ctrl+Shift+.", When.IMAGE, Menu.DISPLAY, "Ctrl+>"),
    ActionSpec("less_contrast", tr("Less contrast"), "Ctrl+Shift+,", When.IMAGE, Menu.DISPLAY, "Ctrl+<"),
    ActionSpec("more_gamma", tr("Lighter shadows (gamma)"), "", When.IMAGE, Menu.DISPLAY),
    ActionSpec("less_gamma", tr("Deeper shadows (gamma)"), "", When.IMAGE, Menu.DISPLAY),
    ActionSpec("stretch", tr("Auto contrast"), "Ctrl+/", When.IMAGE, Menu.DISPLAY),
    ActionSpec("plain_display", tr("Reset display"), "Ctrl+0", When.IMAGE, Menu.DISPLAY),
    ActionSpec("threshold_down", tr("Show &more suggestions"), "[", When.PROJECT, Menu.VIEW),
    ActionSpec("threshold_up", tr("Show fe&wer suggestions"), "]", When.PROJECT, Menu.VIEW),
    ActionSpec("hide_boxes", tr("&Hide all boxes (hold)"), "H", When.IMAGE, Menu.VIEW, held=True),
    ActionSpec("pan_held", tr("P&an (hold)"), "Space", When.IMAGE, Menu.VIEW, held=True),
    ActionSpec("next_pane", tr("Ne&xt pane: image, queue, inspector, model"), "F6", When.ALWAYS, Menu.VIEW),
    ActionSpec("previous_pane", tr("Previo&us pane"), "Shift+F6", When.ALWAYS, Menu.VIEW),
    ActionSpec("theme_system", tr("Theme: as the &system"), "", When.ALWAYS, Menu.VIEW),
    ActionSpec("theme_light", tr("Theme: &light"), "", When.ALWAYS, Menu.VIEW),
    ActionSpec("theme_dark", tr("Theme: &dark"), "", When.ALWAYS, Menu.VIEW),
    ActionSpec("prelabel", tr("&Pre-label"), "Ctrl+P", When.PROJECT, Menu.MODEL),
    ActionSpec("learn", tr("&Learn now"), "Ctrl+L", When.PROJECT, Menu.MODEL),
    ActionSpec("detectors", tr("Dete&ctors..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("use_waiting", tr("&Use new version"), "", When.PROJECT, Menu.MODEL),
    ActionSpec("go_back_a_head", tr("Roll &back"), "", When.PROJECT, Menu.MODEL),
    ActionSpec("map_classes", tr("Map &detector classes..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("versions", tr("&Versions..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("reliability", tr("Calibration c&hart..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("look_closer", tr("Small-ob&ject mode..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("label_errors", tr("Possible label err&ors..."), "Ctrl+W", When.PROJECT, Menu.MODEL),
    ActionSpec("audit", tr("&Audit quality..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec(
        "validate",
        tr("Val&idation (no training)..."),
        "Ctrl+T",
        When.PROJECT,
        Menu.MODEL,
    ),
    ActionSpec(
        "tune", tr("&Tuning: learning, mistakes, effort..."), "Ctrl+Shift+T", When.PROJECT, Menu.MODEL
    ),
    ActionSpec("report", tr("Save repo&rt as..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("look_again", tr("Consistency check: label a&gain, blind..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("pin", tr("Pi&n to an edge-case set..."), "Ctrl+B", When.IMAGE, Menu.MODEL),
    ActionSpec("sets", tr("&Edge-case sets..."), "", When.PROJECT, Menu.MODEL),
    ActionSpec("find_more", tr("&More like this"), "K", When.IMAGE, Menu.MODEL),
    ActionSpec("stop_jobs", tr("&Stop all jobs"), "", When.PROJECT, Menu.MODEL),
    ActionSpec("palette", tr("&Find a command..."), "Ctrl+K", When.ALWAYS, Menu.HELP),
    ActionSpec("edit_keys", tr("&Change keys..."), "", When.ALWAYS, Menu.HELP),
    ActionSpec("cheat_sheet", tr("&Keys"), "?", When.ALWAYS, Menu.HELP),
    ActionSpec("show_log", tr("Show &log file"), "", When.ALWAYS, Menu.HELP),
    ActionSpec("about", tr("&About"), "", When.ALWAYS, Menu.HELP),
)

SECTIONS: Final = frozenset(
    {
        *("import_coco", "refresh", "quit", "go_elsewhere", "accept_many", "next", "take_better"),
        *("mix", "skip_selected", "accept_box", "tool_select", "begin_box", "duplicate", "select_all"),
        *(
            "toggle_lock",
            "draw_by_drag",
            "unknown",
            "category_1",
            "name_unknowns",
            "rename_category",
            "show_from",
        ),
        *("merge_category", "attribute_1", "add_attribute", "edit_tags", "compare", "fit", "threshold_down"),
        *("hide_boxes", "next_pane", "theme_system", "motion", "more_contrast", "more_gamma", "stretch"),
        *("use_waiting", "map_classes", "label_errors", "tune", "pin", "stop_jobs", "edit_keys", "show_log"),
    }
)
"""The commands that have a separator above them."""
