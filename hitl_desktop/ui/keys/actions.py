"""Every act of the window as a table; menus, shortcuts and the cheat sheet are made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QWidget


class When(Enum):
    """When an act can be done."""

    ALWAYS = "always"
    PROJECT = "a project is open"
    PICTURE = "a picture is at hand"


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One act: its words, its key and perhaps another one, the menu it stands in.

    Keys on the canvas alone leave text fields their own.
    """

    id: str
    text: str
    shortcut: str
    when: When
    menu: str
    also: str = ""
    on_canvas: bool = False
    held: bool = False

    @property
    def words(self) -> str:
        """What it does, without marks for the keyboard."""
        return self.text.replace("&", "").rstrip(".")

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys as delivered."""
        return tuple(key for key in (self.shortcut, self.also) if key)


def clash(key: str, other: str) -> bool:
    """Whether one key sequence begins the other, so that the longer one could never be typed."""
    ours, theirs = (QKeySequence(k).toString().split(", ") for k in (key, other))
    length = min(len(ours), len(theirs))
    return bool(key and other) and ours[:length] == theirs[:length]


ACTIONS: Final = (
    ActionSpec("open_folder", "Open &folder...", "Ctrl+O", When.ALWAYS, "&File"),
    ActionSpec("open_project", "Open &project...", "Ctrl+Shift+O", When.ALWAYS, "&File"),
    ActionSpec("open_sample", "Open the &sample", "", When.ALWAYS, "&File"),
    ActionSpec("add_folder", "&Add another folder...", "", When.PROJECT, "&File"),
    ActionSpec("import_coco", "&Import COCO...", "Ctrl+I", When.PROJECT, "&File"),
    ActionSpec("export_coco", "&Export COCO...", "Ctrl+E", When.PROJECT, "&File"),
    ActionSpec("export_head", "Export the &trained detector...", "", When.PROJECT, "&File"),
    ActionSpec("export_all", "Export COCO, un&decided pictures too...", "", When.PROJECT, "&File"),
    ActionSpec("refresh", "&Read the folders and this picture again", "F5", When.PROJECT, "&File"),
    ActionSpec("relink", "Find this picture e&lsewhere...", "", When.PICTURE, "&File"),
    ActionSpec("quit", "&Quit", "Ctrl+Q", When.ALWAYS, "&File"),
    ActionSpec("undo", "&Undo", "Ctrl+Z", When.PROJECT, "&Edit"),
    ActionSpec("redo", "&Redo", "Ctrl+Shift+Z", When.PROJECT, "&Edit"),
    ActionSpec("go_elsewhere", "&Go to the picture that undo changed", "Ctrl+J", When.PROJECT, "&Edit"),
    ActionSpec("accept_picture", "&Accept all shown, next picture", "A", When.PICTURE, "&Review"),
    ActionSpec("mark_empty", "Nothing here: verified &empty, next picture", "E", When.PICTURE, "&Review"),
    ActionSpec("skip", "Cannot tell: &skip with a reason", "S", When.PICTURE, "&Review"),
    ActionSpec("accept_many", "Accept &many at once...", "Ctrl+Shift+M", When.PROJECT, "&Review"),
    ActionSpec("check_accepted", "&Check what was accepted at once...", "", When.PROJECT, "&Review"),
    ActionSpec("next", "&Next picture to do", "N", When.PROJECT, "&Review"),
    ActionSpec("previous", "&Previous picture", "P", When.PROJECT, "&Review"),
    ActionSpec(
        "focus_queue", "&Go to the list: arrows, Shift+arrows, Enter", "Ctrl+G", When.PROJECT, "&Queue"
    ),
    ActionSpec("find_picture", "&Find a picture by name or reason", "Ctrl+F", When.PROJECT, "&Queue"),
    ActionSpec("more_filters", "&More filters, sorting", "Ctrl+Shift+F", When.PROJECT, "&Queue"),
    ActionSpec("mix", "Mi&x of the queue...", "Ctrl+M", When.PROJECT, "&Queue"),
    ActionSpec("skip_selected", "&Skip the selected pictures", "", When.PROJECT, "&Queue"),
    ActionSpec("reopen_selected", "&Open the selected pictures again", "", When.PROJECT, "&Queue"),
    ActionSpec("tag_selected", "&Tag the selected pictures...", "", When.PROJECT, "&Queue"),
    ActionSpec("untag_selected", "T&ake a tag from the selected pictures...", "", When.PROJECT, "&Queue"),
    ActionSpec("take_better", "Sho&w newer suggestions", "R", When.PICTURE, "&Review"),
    ActionSpec("next_box", "Next &box, most doubtful first", "Tab", When.PICTURE, "&Box", on_canvas=True),
    ActionSpec("previous_box", "Previous b&ox", "Shift+Tab", When.PICTURE, "&Box", on_canvas=True),
    ActionSpec(
        "accept_box", "A&ccept the selected proposal", "Return", When.PICTURE, "&Box", "Enter", on_canvas=True
    ),
    ActionSpec("remove_box", "Re&ject or delete the selected box", "X", When.PICTURE, "&Box", "Del"),
    ActionSpec("begin_box", "Begin a box by &keys: arrows, Alt+arrows, Enter", "B", When.PICTURE, "&Box"),
    ActionSpec("duplicate", "&Duplicate the selection", "Ctrl+D", When.PICTURE, "&Box", on_canvas=True),
    ActionSpec("copy", "Cop&y the selection", "Ctrl+C", When.PICTURE, "&Box", on_canvas=True),
    ActionSpec("paste", "&Paste", "Ctrl+V", When.PICTURE, "&Box", on_canvas=True),
    ActionSpec("take_previous", "Take the boxes of the picture before", "Ctrl+Shift+V", When.PICTURE, "&Box"),
    ActionSpec("select_all", "&Select all boxes", "Ctrl+A", When.PICTURE, "&Box", on_canvas=True),
    ActionSpec("select_category", "Select all of this category", "Ctrl+Shift+A", When.PICTURE, "&Box"),
    ActionSpec("toggle_lock", "&Lock or unlock the selection", "L", When.PICTURE, "&Box"),
    ActionSpec("hide_selected", "&Hide the selection", "Shift+H", When.PICTURE, "&Box"),
    ActionSpec("hide_category", "Hide this category", "Ctrl+H", When.PICTURE, "&Box"),
    ActionSpec("show_hidden", "Show what was hidden", "Ctrl+Shift+H", When.PICTURE, "&Box"),
    ActionSpec("draw_by_drag", "Draw by drags only", "", When.PROJECT, "&Box"),
    ActionSpec("draw_by_corners", "Draw by two clicks on corners", "", When.PROJECT, "&Box"),
    ActionSpec("draw_by_extremes", "Draw by four clicks on outermost points", "", When.PROJECT, "&Box"),
    ActionSpec("find_category", "Find or add a ca&tegory", "C", When.PROJECT, "&Box"),
    *(ActionSpec(f"category_{n}", f"Category &{n}", str(n), When.PICTURE, "&Box") for n in range(1, 10)),
    ActionSpec("unknown", "None of these: &unknown, to be named later", "U", When.PICTURE, "&Box"),
    ActionSpec("name_unknowns", "Name the &unknown objects...", "Ctrl+U", When.PROJECT, "&Category"),
    ActionSpec("rename_category", "&Rename the current category...", "F2", When.PROJECT, "&Category"),
    ActionSpec("recolour_category", "&Colour of the current category...", "", When.PROJECT, "&Category"),
    ActionSpec("choose_category_key", "&Key of the current category...", "", When.PROJECT, "&Category"),
    ActionSpec(
        "merge_category", "&Merge the current category into another...", "", When.PROJECT, "&Category"
    ),
    ActionSpec("retire_category", "Re&tire the current category...", "", When.PROJECT, "&Category"),
    ActionSpec("say_occluded", "&Occluded: yes or no", "O", When.PICTURE, "&Attribute"),
    ActionSpec("say_truncated", "T&runcated: yes or no", "I", When.PICTURE, "&Attribute"),
    ActionSpec("say_difficult", "&Difficult: yes or no", "D", When.PICTURE, "&Attribute"),
    ActionSpec("say_crowd", "A &crowd: yes or no", "G", When.PICTURE, "&Attribute"),
    *(
        ActionSpec(f"attribute_{n}", f"Attribute {n}", f"Q, {n}", When.PICTURE, "&Attribute")
        for n in range(1, 10)
    ),
    ActionSpec("add_attribute", "&Add an attribute...", "", When.PROJECT, "&Attribute"),
    ActionSpec("remove_attribute", "Re&move an attribute...", "", When.PROJECT, "&Attribute"),
    ActionSpec("edit_tags", "&Tags of this picture", "T", When.PICTURE, "&Attribute"),
    *(
        ActionSpec(f"tag_{n}", f"Tag {n} of the project", f"Y, {n}", When.PICTURE, "&Attribute")
        for n in range(1, 10)
    ),
    ActionSpec("fit", "&Fit the picture", "F", When.PICTURE, "&View"),
    ActionSpec("zoom_in", "Zoom &in", "+", When.PICTURE, "&View"),
    ActionSpec("zoom_out", "Zoom &out", "-", When.PICTURE, "&View"),
    ActionSpec("real_size", "&100 %", "Z", When.PICTURE, "&View"),
    ActionSpec("brighter", "Brighter", "Ctrl+.", When.PICTURE, "&Display"),
    ActionSpec("darker", "Darker", "Ctrl+,", When.PICTURE, "&Display"),
    ActionSpec("more_contrast", "More contrast", "Ctrl+Shift+.", When.PICTURE, "&Display", "Ctrl+>"),
    ActionSpec("less_contrast", "Less contrast", "Ctrl+Shift+,", When.PICTURE, "&Display", "Ctrl+<"),
    ActionSpec("more_gamma", "Lighter shadows (gamma)", "", When.PICTURE, "&Display"),
    ActionSpec("less_gamma", "Deeper shadows (gamma)", "", When.PICTURE, "&Display"),
    ActionSpec("stretch", "Stretch to the whole range", "Ctrl+/", When.PICTURE, "&Display"),
    ActionSpec("plain_display", "As the picture is", "Ctrl+0", When.PICTURE, "&Display"),
    ActionSpec("threshold_down", "Show &more proposals", "[", When.PROJECT, "&View"),
    ActionSpec("threshold_up", "Show fe&wer proposals", "]", When.PROJECT, "&View"),
    ActionSpec("hide_boxes", "&Hide all boxes while held", "H", When.PICTURE, "&View", held=True),
    ActionSpec("pan_held", "Mo&ve the picture while held", "Space", When.PICTURE, "&View", held=True),
    ActionSpec("theme_system", "Theme: as the &system", "", When.ALWAYS, "&View"),
    ActionSpec("theme_light", "Theme: &light", "", When.ALWAYS, "&View"),
    ActionSpec("theme_dark", "Theme: &dark", "", When.ALWAYS, "&View"),
    ActionSpec("prelabel", "&Pre-label", "Ctrl+P", When.PROJECT, "&Model"),
    ActionSpec("learn", "&Learn now", "Ctrl+L", When.PROJECT, "&Model"),
    ActionSpec("use_waiting", "&Use the head that waits", "", When.PROJECT, "&Model"),
    ActionSpec("go_back_a_head", "Go &back to the head before", "", When.PROJECT, "&Model"),
    ActionSpec("map_classes", "Map &detector classes...", "", When.PROJECT, "&Model"),
    ActionSpec("versions", "&Versions of the head...", "", When.PROJECT, "&Model"),
    ActionSpec("reliability", "Calibration c&hart...", "", When.PROJECT, "&Model"),
    ActionSpec("look_closer", "Look &closer, for small objects...", "", When.PROJECT, "&Model"),
    ActionSpec("label_errors", "Possible label err&ors...", "Ctrl+W", When.PROJECT, "&Model"),
    ActionSpec("audit", "&Audit: prove how few are wrong...", "", When.PROJECT, "&Model"),
    ActionSpec(
        "validate", "Val&idate only: judge suggestions without training...", "Ctrl+T", When.PROJECT, "&Model"
    ),
    ActionSpec("tune", "&Tune: learning, mistakes, effort...", "Ctrl+Shift+T", When.PROJECT, "&Model"),
    ActionSpec("report", "Save repo&rt as...", "", When.PROJECT, "&Model"),
    ActionSpec("look_again", "Label a&gain, blind: how consistent are you...", "", When.PROJECT, "&Model"),
    ActionSpec("pin", "Edge case: put it into a set (pi&n)", "Ctrl+B", When.PICTURE, "&Model"),
    ActionSpec("sets", "Sets of &edge cases...", "", When.PROJECT, "&Model"),
    ActionSpec("find_more", "&More like this", "K", When.PICTURE, "&Model"),
    ActionSpec("stop_jobs", "&Stop all jobs", "", When.PROJECT, "&Model"),
    ActionSpec("palette", "&Find a command...", "Ctrl+K", When.ALWAYS, "&Help"),
    ActionSpec("edit_keys", "&Change keys...", "", When.ALWAYS, "&Help"),
    ActionSpec("cheat_sheet", "&Keys", "?", When.ALWAYS, "&Help"),
    ActionSpec("show_log", "Where the &log is", "", When.ALWAYS, "&Help"),
    ActionSpec("about", "&About", "", When.ALWAYS, "&Help"),
)


def _fixed(words: str, *keys: str) -> dict[str, ActionSpec]:
    spec = ActionSpec("", words, "", When.PICTURE, "", held=True)
    return dict.fromkeys(keys, spec)


_ARROWS = ("Left", "Right", "Up", "Down")
_OF_THE_CANVAS: Final = _fixed("Give up, select nothing", "Esc") | _fixed(
    "Move or resize the selected box", *(f"{held}{a}" for held in ("", "Shift+", "Alt+") for a in _ARROWS)
)
"""Keys that the canvas answers itself, whatever the table says."""


class Actions:
    """The table as Qt actions in the menus of a window."""

    def __init__(
        self, window: QMainWindow, canvas: QWidget, handlers: Mapping[str, Callable[[], object]]
    ) -> None:
        self._chosen: dict[str, str] = {}
        self._actions: dict[str, QAction] = {}
        self._held: dict[str, QAction] = {}
        menus = self._menus = {
            name: window.menuBar().addMenu(name) for name in dict.fromkeys(spec.menu for spec in ACTIONS)
        }
        for spec in ACTIONS:
            action = QAction(spec.text, window)
            action.setAutoRepeat(False)  # a key held down must not decide pictures that nobody saw
            if spec.held:  # the canvas answers it; the menu only says so
                action.setEnabled(False)
                menus[spec.menu].addAction(action)
                self._held[spec.id] = action
                continue
            if spec.on_canvas:
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
                canvas.addAction(action)
            action.triggered.connect(_without_argument(handlers[spec.id]))
            menus[spec.menu].addAction(action)
            self._actions[spec.id] = action
        self.load({})

    def load(self, chosen: Mapping[str, str]) -> None:
        """Take the keys that a person chose, by act; all others have those they were delivered with."""
        self._chosen = {i: key for i, key in chosen.items() if i in self._actions or i in self._held}
        for spec in ACTIONS:
            if spec.id in self._held:
                self._held[spec.id].setText("\t".join((spec.text, *self.keys_of(spec.id))))
            if spec.id in self._actions:
                self._actions[spec.id].setShortcuts([QKeySequence(key) for key in self.keys_of(spec.id)])

    @property
    def chosen(self) -> dict[str, str]:
        """The keys that differ from those delivered, by act."""
        return dict(self._chosen)

    def keys_of(self, action_id: str) -> tuple[str, ...]:
        """The keys of an act now."""
        if action_id in self._chosen:
            key = self._chosen[action_id]
            return (key,) if key else ()
        return next(spec.keys for spec in ACTIONS if spec.id == action_id)

    def owner_of(self, key: str, *, other_than: str = "") -> ActionSpec | None:
        """The act that a key, or its beginning, belongs to."""
        for spec in ACTIONS:
            keys = self.keys_of(spec.id)
            if spec.id != other_than and any(clash(key, its) for its in keys):
                return spec
        return next((spec for its, spec in _OF_THE_CANVAS.items() if clash(key, its)), None)

    def rebind(self, action_id: str, key: str) -> ActionSpec | None:
        """Give an act another key, or none; if another act has that key, nothing changes and it is
        returned."""
        taken = self.owner_of(key, other_than=action_id) if key else None
        if taken is None:
            delivered = next(spec.shortcut for spec in ACTIONS if spec.id == action_id)
            chosen = {i: k for i, k in self._chosen.items() if i != action_id}
            self.load(chosen if key == delivered else chosen | {action_id: key})
        return taken

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def add_to_menu(self, menu: str, actions: list[QAction]) -> None:
        """Put what Qt made itself, such as the switches of docks, at the end of a menu."""
        self._menus[menu].addSeparator()
        self._menus[menu].addActions(actions)

    def all(self) -> list[QAction]:
        """All acts, in the order of the table."""
        return list(self._actions.values())

    def of_menu(self, menu: str) -> list[QAction]:
        """The acts of a menu, for the same menu elsewhere."""
        return [self._actions[spec.id] for spec in ACTIONS if spec.menu == menu and spec.id in self._actions]

    def enable(self, *, project: bool, picture: bool) -> None:
        """Grey out what cannot be done now."""
        possible = {When.ALWAYS: True, When.PROJECT: project, When.PICTURE: picture}
        for spec in ACTIONS:
            if spec.id in self._actions:
                self._actions[spec.id].setEnabled(possible[spec.when])


def _without_argument(handler: Callable[[], object]) -> Callable[[bool], object]:
    return lambda _checked: handler()
