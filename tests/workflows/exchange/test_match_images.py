"""Which image a name means: one rule, and never a guess."""

from pathlib import Path

import pytest

from hitl_desktop.store.project import Project
from hitl_desktop.workflows.exchange.match_images import How, match_images

FOLDER = "/data/set/val"


def matched(tmp_path: Path, paths: list[str], names: list[str]) -> dict[str, tuple[str, How]]:
    with Project.create(tmp_path / "p.hitl") as project:
        project.images.add(project.files.add_folder(FOLDER), paths)
        return {name: (found.record.path, found.how) for name, found in match_images(project, names).items()}


@pytest.mark.parametrize(
    ("paths", "name", "found"),
    [
        (["a.jpg", "x/a.jpg"], "a.jpg", ("a.jpg", How.EXACT)),
        (["x/a.jpg"], "./x/a.jpg", ("x/a.jpg", How.EXACT)),
        (["x/a.jpg"], "x\\a.jpg", ("x/a.jpg", How.EXACT)),
        (["x/a.jpg"], "a.jpg", ("x/a.jpg", How.TAIL)),
        (["x/a.jpg", "y/a.jpg"], "a.jpg", None),
        (["x/a.jpg", "y/a.jpg"], "data/y/a.jpg", ("y/a.jpg", How.TAIL)),
        (["x/a.jpg"], "y/a.jpg", None),
        (["x/y/a.jpg", "y/a.jpg"], "y/a.jpg", ("y/a.jpg", How.EXACT)),
        (["x/y/a.jpg", "a.jpg"], "z/x/y/a.jpg", ("x/y/a.jpg", How.TAIL)),
        (["a.jpg"], "/data/set/val/a.jpg", ("a.jpg", How.TAIL)),
        (["a.jpg"], "C:\\Users\\me\\val\\a.jpg", ("a.jpg", How.TAIL)),
        (["a.jpg"], "https://example.org/x/a.jpg?width=3#top", ("a.jpg", How.TAIL)),
        (["a.JPG"], "a.jpg", ("a.JPG", How.CASE)),
        (["a.JPG", "A.jpg"], "a.jpg", None),
        (["Stra\u00dfe.jpg"], "STRASSE.JPG", ("Stra\u00dfe.jpg", How.CASE)),
        (["de\u0301j\u00e0.jpg"], "d\u00e9ja\u0300.jpg", ("de\u0301j\u00e0.jpg", How.UNICODE)),
        (["my photo (1).jpg"], "my%20photo%20%281%29.jpg", ("my photo (1).jpg", How.PERCENT)),
        (["my photo.jpg"], "my%2520photo.jpg", ("my photo.jpg", How.PERCENT)),
        (["100%25.jpg", "100%.jpg"], "100%25.jpg", ("100%25.jpg", How.EXACT)),
        (["my photo.jpg"], "My+photo.jpg", ("my photo.jpg", How.PLUS)),
        (["a.png"], "a.jpg", ("a.png", How.ENDING)),
        (["a.png"], "A", ("a.png", How.ENDING)),
        (["a.v2.png"], "a.v2", ("a.v2.png", How.ENDING)),
        (["a.png", "a.webp"], "a.jpg", None),
        (["x/a.png"], "y/a.jpg", None),
        (["a.png"], "", None),
        (["a.png"], "../..", None),
        (["x/a.jpg", "y/a.jpg"], "/data/local-files/?d=x/a.jpg", ("x/a.jpg", How.EXACT)),
        (
            ["my photo.jpg"],
            "http://localhost:8080/data/local-files/?v=2&d=in/my%20photo.jpg#1",
            ("my photo.jpg", How.PERCENT),
        ),
    ],
)
def test_a_name_means_one_image_or_none(
    tmp_path: Path, paths: list[str], name: str, found: tuple[str, How] | None
) -> None:
    assert matched(tmp_path, paths, [name]).get(name) == found


def test_a_name_that_fits_better_leaves_the_others_without(tmp_path: Path) -> None:
    found = matched(tmp_path, ["val/1.jpg", "val/2.jpg"], ["train/1.jpg", "val/1.jpg", "val/2.jpg"])
    assert {name: path for name, (path, _) in found.items()} == {
        "val/1.jpg": "val/1.jpg",
        "val/2.jpg": "val/2.jpg",
    }


def test_two_names_that_fit_as_well_both_mean_nobody(tmp_path: Path) -> None:
    assert matched(tmp_path, ["1.jpg"], ["train/1.jpg", "test/1.jpg"]) == {}
    (tmp_path / "p.hitl").unlink()
    assert matched(tmp_path, ["a.jpg"], ["A.jpg", "a.JPG"]) == {}


def test_where_names_have_the_folders_own_name_other_folders_are_other_folders(tmp_path: Path) -> None:
    found = matched(tmp_path, ["1.jpg", "3.jpg"], ["val/1.jpg", "train/3.jpg"])
    assert {name: path for name, (path, _) in found.items()} == {"val/1.jpg": "1.jpg"}


def test_the_same_path_in_two_folders_is_told_apart_by_the_folder(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.hitl") as project:
        for folder in ("/data/train", "/data/val"):
            project.images.add(project.files.add_folder(folder), ["1.jpg"])
        found = match_images(project, ["val/1.jpg", "1.jpg"])
        assert {name: match.record.id for name, match in found.items()} == {"val/1.jpg": 2}
