"""The command line as a user types it: a process of its own, its output and its exit code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop import __version__
from tests.toy_models import toy


def hitl(*args: object, code: int = 0, out: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hitl_desktop", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 or out else done.stderr


def report(*args: object) -> dict[str, Any]:
    return json.loads(hitl(*args, "--json"))


@pytest.mark.slow
def test_the_whole_trip(tmp_path: Path, dataset: Path) -> None:
    project, truth = tmp_path / "p.hitl", dataset / "instances.json"
    made = report("new", project, "--images", dataset / "images")
    nothing_to_tell: dict[str, Any] = {"unreadable": [], "remarks": [], "passed_over": {}, "issues": []}
    assert made == {"images": 12, "annotations": 0, "categories": 0} | nothing_to_tell
    done = report("prelabel", project)
    assert (done["done"], done["skipped"], done["failed"]) == (12, 0, 0)
    assert done["images_per_s"] > 0
    again = report("prelabel", project)
    assert (again["done"], again["skipped"]) == (0, 12)
    queue = report("queue", project, "--limit", 3)["queue"]
    assert len(queue) == 3
    assert set(queue[0]) == {"path", "score", "reason", "reason_code"}
    assert hitl("queue", project, "--limit", 1).rstrip().endswith(queue[0]["reason"])
    assert report("evaluate", project, "--ground-truth", truth)["ap50"] == 0

    half = json.loads(truth.read_text())
    half["images"] = half["images"][:6]
    half["annotations"] = [a for a in half["annotations"] if a["image_id"] <= 6]
    (tmp_path / "half.json").write_text(json.dumps(half))
    taken = report("import", project, "--format", "coco", tmp_path / "half.json")
    assert (taken["images"], taken["annotations"], taken["categories"]) == (6, len(half["annotations"]), 3)
    assert report("train", project)["pictures"] == 6
    score = report("evaluate", project, "--ground-truth", truth)
    assert score["ap50"] > 0.8
    assert set(score["per_category"]) == {"gear", "leaf", "crystal"}
    assert set(score["per_category"]["gear"]) == {"map", "ap50"}

    taught = report("export-head", project, "--out", tmp_path / "taught")
    assert taught["names"] == 83
    other, detector = tmp_path / "other.hitl", tmp_path / "taught" / "detector.onnx"
    report("new", other, "--images", dataset / "images")
    assert report("prelabel", other, "--model", detector)["done"] == 12
    assert report("evaluate", other, "--ground-truth", truth)["ap50"] > 0.8  # with nothing taught there

    exported = report("export", project, "--format", "coco", "--out", tmp_path / "out.json")
    assert (exported["images"], exported["annotations"]) == (6, len(half["annotations"]))
    rows = report("images", project)["images"]
    assert set(rows[0]) == {"path", "width", "height", "state", "reason", "remark"}
    assert [row["state"] for row in rows].count("decided") == 6
    assert "decided" in hitl("images", project)

    learning_report = report("report", project, "--out", tmp_path / "report.html")
    assert learning_report["pictures"] == {
        "all": 12,
        "decided": 6,
        "undecided": 6,
        "skipped": 0,
        "unreadable": 0,
    }
    assert learning_report["head"]["pictures"] == 6
    assert learning_report["held_out"]["words"]
    page = (tmp_path / "report.html").read_text()
    assert learning_report["categories"][0]["name"] in page
    assert "Self-agreement" in page
    assert "held_out" in hitl("report", project)


def test_measuring_lists_what_was_left_out_and_fails_where_nothing_is_left(
    tmp_path: Path, dataset: Path
) -> None:
    project = tmp_path / "p.hitl"
    report("new", project, "--images", dataset / "images")
    done = report("prelabel", project, "--model", toy(tmp_path / "mine.onnx"))
    assert (done["model"], done["done"], done["boxes"], done["not_done"], done["remarks"]) == (
        "mine",
        12,
        12,
        [],
        [],
    )
    data = json.loads((dataset / "instances.json").read_text())
    data["images"][0]["file_name"] = "gone.png"
    (tmp_path / "truth.json").write_text(json.dumps(data))
    evaluation = report("evaluate", project, "--ground-truth", tmp_path / "truth.json")
    assert evaluation["images"] == 11
    first = evaluation["left_out"][0]
    assert (first["what"], first["count"], first["examples"]) == ("image", 1, ["gone.png"])
    assert "gone.png" in hitl("evaluate", project, "--ground-truth", tmp_path / "truth.json")
    data["images"] = data["images"][:1]
    (tmp_path / "truth.json").write_text(json.dumps(data))
    arguments = ("evaluate", project, "--ground-truth", tmp_path / "truth.json", "--json")
    assert "Nothing is left to measure" in hitl(*arguments, code=1)


@pytest.mark.slow
def test_errors_of_imported_labels_are_listed(tmp_path: Path, dataset: Path) -> None:
    project = tmp_path / "p.hitl"
    report("new", project, "--images", dataset / "images", "--coco", dataset / "instances.json")
    assert "Pre-label with the bundled detector first" in hitl("errors", project, code=1)
    report("prelabel", project)
    found = report("errors", project, "--limit", 3)
    assert found["ranked"] > len(found["suspicions"]) == 3
    first = found["suspicions"][0]
    assert set(first) == {
        "kind", "kind_code", "score", "picture", "box", "category", "suggested_box", "suggested_category"
    }  # fmt: skip
    assert first["score"] >= found["suspicions"][-1]["score"]


@pytest.mark.slow
def test_a_simulation_reports_its_steps(tmp_path: Path, dataset: Path) -> None:
    out = tmp_path / "report.json"
    printed = report(
        "simulate", dataset, "--pictures", 3, "--strategy", "random", "--against", "random", "--out", out
    )
    assert printed == json.loads(out.read_text())
    assert {k: printed[k] for k in ("dataset", "strategy", "seeds")} == {
        "dataset": dataset.name,
        "strategy": "random",
        "seeds": 1,
    }
    assert [s["pictures"] for s in printed["steps"]] == [1, 3]
    other = printed["against"]["random"]
    assert other["paired_difference_in_area"] == {
        "mean": 0.0,
        "interval": None,
        "seeds": 1,
    }  # it is the same one
    assert other["area"] == printed["area"]
    assert set(printed["steps"][0]) == {
        "pictures", "ap50", "ap75", "map", "ece", "unmoved", "found", "named",
        "learn_seconds", "effort_saved", "effort_saved_ahead",
    }  # fmt: skip
    assert 0 < printed["steps"][1]["found"]["mean"] <= 1
    assert set(printed["steps"][0]["ap50"]) == {"mean", "values"}


def test_new_with_ground_truth_and_broken_images(tmp_path: Path, images: Path) -> None:
    (images / "zero.jpg").write_bytes(b"")
    (tmp_path / "c.json").write_text(
        json.dumps({"images": [{"id": 1, "file_name": "lost.png"}], "annotations": [], "categories": []})
    )
    args = ("new", tmp_path / "p.hitl", "--images", images, "--coco", tmp_path / "c.json")
    made = json.loads(hitl(*args, "--json", code=1, out=True))  # for nothing of the file came in
    assert made["images"] == 5
    assert [u["path"] for u in made["unreadable"]] == ["zero.jpg"]
    assert [i["where"] for i in made["issues"]] == ["lost.png"]


def test_what_came_in_is_said_first_and_faults_are_counted(tmp_path: Path, images: Path) -> None:
    listed = [{"id": n, "file_name": name} for n, name in enumerate(["a.png", "c.png", *map(str, range(30))])]
    boxes = [{"id": n + 1, "image_id": n, "category_id": "1", "bbox": [1, 1, 9, 9]} for n in (0, 2, 3)]
    (tmp_path / "c.json").write_text(
        json.dumps({"images": listed, "annotations": boxes, "categories": [{"id": 1, "name": "cat"}]})
    )
    report("new", tmp_path / "p.hitl", "--images", images)
    lines = hitl("import", tmp_path / "p.hitl", tmp_path / "c.json", "--unlabelled", "empty").splitlines()
    assert lines[0] == "1 of 3 boxes and 2 of 32 images came in"
    assert "  picture not in the project: 30" in lines
    assert "  ... and 11 more (--json lists all)" in lines
    assert [i["state"] for i in report("images", tmp_path / "p.hitl")["images"]].count("decided") == 2
    assert "was not replaced" in hitl("export", tmp_path / "p.hitl", "--out", tmp_path / "c.json", code=1)
    assert report("export", tmp_path / "p.hitl", "--out", tmp_path / "c.json", "--force")["images"] == 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("images", "{tmp}/nothing.hitl"), "There is no project"),
        (("new", "{tmp}/x.hitl", "--images", "{tmp}/nowhere"), "There is no folder"),
        (("new", "{tmp}/x.hitl", "--images", "{tmp}"), "There are no images"),
        (("new", "{tmp}/no/x.hitl", "--images", "{pictures}"), "does not exist"),
        (("new", "/proc/x.hitl", "--images", "{pictures}"), "cannot be created"),
        (("queue", "{tmp}/text.hitl"), "is not a HITL project"),
        (("prelabel", "{tmp}/p.hitl", "--model", "{tmp}/text.onnx"), "not an ONNX model"),
        (("prelabel", "{tmp}/p.hitl", "--model", "magic"), "no model called"),
        (("import", "{tmp}/p.hitl", "{tmp}/text.onnx"), "not valid JSON"),
        (("import", "{tmp}/p.hitl", "{tmp}/text.onnx", "--format", "word"), "no format called"),
        (("export", "{tmp}/p.hitl", "--out", "{tmp}/o.json"), "nothing to export"),
        (("export", "{tmp}/p.hitl", "--all", "--out", "{tmp}/no/o.json"), "could not be written"),
        (("evaluate", "{tmp}/p.hitl", "--ground-truth", "{tmp}/none.json"), "cannot be read"),
        (("simulate", "{tmp}"), "cannot be read"),
    ],
)
def test_what_a_user_can_mend_is_two_lines_and_exit_code_one(
    tmp_path: Path, images: Path, args: tuple[str, ...], words: str
) -> None:
    (tmp_path / "text.hitl").write_text("no project, just some text that is long enough")
    (tmp_path / "text.onnx").write_text("no model")
    report("new", tmp_path / "p.hitl", "--images", images)
    for path in images.rglob("*.*"):
        if args[0] == "new" and "{tmp}" in args:
            path.unlink()
    output = hitl(*(a.format(tmp=tmp_path, pictures=images) for a in args), code=1)
    assert words in output
    assert len(output.strip().splitlines()) == 2


@pytest.mark.parametrize(
    "args", [("queue",), ("new", "x.hitl"), ("queue", "x", "--limit", "0"), ("images", "x", "--nonsense")]
)
def test_wrong_usage_is_exit_code_two(args: tuple[str, ...]) -> None:
    assert "Usage:" in hitl(*args, code=2)


def test_help_version_and_doctor() -> None:
    assert __version__ in hitl("--version")
    assert "simulate" in hitl("--help")
    examined = report("doctor")
    assert examined["models"] == {"nanodet_g_416": "loads", "mobilenetv2_mid": "loads"}


@pytest.mark.slow
def test_the_demo_runs_the_trip_and_says_where_things_lie(tmp_path: Path) -> None:
    made = report("demo", "--out", tmp_path / "demo")
    assert made["ap50_before"] == 0
    assert made["ap50_after"] > 0.9
    assert made["pictures"] == 65
    coco = json.loads(Path(made["coco"]).read_text())
    assert len(coco["images"]) == made["decided"]
    assert Path(made["screenshot"]).stat().st_size > 50_000


def test_a_name_that_is_nothing_is_no_window() -> None:
    assert "There is no project or folder bogus" in hitl("bogus", code=1)


def test_no_display_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "There is no display" in hitl(tmp_path, code=1)


def test_a_folder_that_has_no_images_opens_a_window_that_says_so(tmp_path: Path) -> None:
    hitl(tmp_path, "--screenshot", tmp_path / "shot.png", "--after", "1")
    assert (tmp_path / "shot.png").exists()


def test_an_audit_is_planned_begun_and_reported(tmp_path: Path, dataset: Path) -> None:
    project = tmp_path / "p.hitl"
    report("new", project, "--images", dataset / "images")
    assert "nothing to audit" in hitl("audit", project, code=1)
    report("import", project, "--format", "coco", dataset / "instances.json")
    assert report("audit", project)["pictures_needed"]["5%"] == 12
    page = tmp_path / "report.html"
    assert "No audit has been started" in hitl("audit", project, "--out", page, code=1)
    assert not page.exists()
    audit_report = report("audit", project, "--claim", 0.1, "--seed", 1, "--out", page)
    assert (audit_report["judged"], audit_report["at_most"]) == (0, None)
    assert audit_report["drawn"] <= 12
    assert "Nothing is claimed" in page.read_text()
    assert "not finished" in hitl("audit", project, "--claim", 0.2, code=1)


def test_images_that_came_later_are_added(tmp_path: Path, images: Path) -> None:
    project = tmp_path / "p.hitl"
    report("new", project, "--images", images)
    shutil.copy(images / "a.png", images / "later.png")
    assert report("refresh", project) == {
        "images": 5, "added": ["later.png"], "changed": [], "unreadable": [], "remarks": [], "passed_over": {}
    }  # fmt: skip
    shutil.copy(images / "a.png", images / "at-import.png")
    image = {"id": 1, "file_name": "at-import.png", "width": 80, "height": 60}
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "area": 1200, "iscrowd": 0}
    labels = {"images": [image], "annotations": [box], "categories": [{"id": 1, "name": "cat"}]}
    (tmp_path / "c.json").write_text(json.dumps(labels))
    taken = report("import", project, tmp_path / "c.json")
    assert (taken["images"], taken["annotations"], taken["issues"]) == (1, 1, [])
    shutil.copy(images / "a.png", images / "at-prelabel.png")
    assert report("prelabel", project)["done"] == 7
    paths = {row["path"] for row in report("images", project)["images"]}
    assert {"later.png", "at-import.png", "at-prelabel.png"} <= paths


def test_refreshing_without_the_folder_says_so(tmp_path: Path, images: Path) -> None:
    report("new", tmp_path / "p.hitl", "--images", images)
    images.rename(tmp_path / "away")
    assert "is gone" in hitl("refresh", tmp_path / "p.hitl", code=1)


def test_a_data_set_is_converted_checked_and_compared(tmp_path: Path, dataset: Path) -> None:
    truth, folder = dataset / "instances.json", tmp_path / "yolo"
    done = report(
        "convert",
        truth,
        folder,
        "--to",
        "yolo",
        "--image-files",
        "copy",
        "--split",
        "75/25",
        "--images",
        dataset,
    )
    boxes = len(json.loads(truth.read_text("utf-8"))["annotations"])
    assert (done["from"], done["annotations"], done["remarks"], done["issues"]) == ("coco", boxes, [], [])
    assert {p.name for p in folder.iterdir()} == {
        "README.md",
        "data.yaml",
        "images",
        "labels",
        ".hitl-desktop-export",
    }
    checked = report("check", folder)
    assert (checked["format"], checked["annotations"], checked["faults"]) == ("yolo", boxes, {})
    assert set(checked["splits"]) == {"train", "val"}
    assert (checked["images_without_files"], sum(checked["categories"].values())) == (0, boxes)
    same = report("diff", truth, folder)
    assert (same["same"], same["changes"]) == (boxes, [])
    label = next(p for p in sorted((folder / "labels").rglob("*.txt")) if p.read_text("utf-8"))
    _, *others = label.read_text("utf-8").splitlines()
    label.write_text("\n".join(others), encoding="utf-8")
    (change,) = report("diff", truth, folder)["changes"]
    assert (change["kind"], change["after"]) == ("removed", None)
    again = hitl("convert", truth, tmp_path / "yolo" / "labels", "--to", "yolo", code=1)
    assert "was not written by HITL Desktop" in again


def test_a_yolo_folder_comes_into_a_project_and_goes_out_as_voc(tmp_path: Path, dataset: Path) -> None:
    truth, folder, project = dataset / "instances.json", tmp_path / "yolo", tmp_path / "p.hitl"
    report("convert", truth, folder, "--to", "yolo")  # labels alone: the project knows the sizes
    report("new", project, "--images", dataset / "images")
    boxes = len(json.loads(truth.read_text("utf-8"))["annotations"])
    taken = report("import", project, folder)
    assert (taken["annotations"], taken["faults"]) == (boxes, {"matched by a similar name": 12})  # of .jpg
    written = report("export", project, "--format", "voc", "--out", tmp_path / "voc", "--image-files", "link")
    assert written["annotations"] == boxes
    assert report("diff", truth, tmp_path / "voc")["same"] == boxes
    assert len(list((tmp_path / "voc" / "JPEGImages").iterdir())) == written["images"]


def test_labels_of_two_people_become_one_set_and_what_is_open_is_to_do(tmp_path: Path, dataset: Path) -> None:
    truth, other, both = dataset / "instances.json", tmp_path / "other.json", tmp_path / "both.json"
    record = json.loads(truth.read_text("utf-8"))
    first = record["annotations"].pop(0)
    other.write_text(json.dumps(record), encoding="utf-8")
    found = report("merge", truth, other, "--out", both)
    boxes = len(record["annotations"]) + 1
    assert (found["people"], found["objects"], found["agreed"]) == (2, boxes, boxes - 1)
    assert 0.9 < found["alpha"] < 1
    (conflict,) = found["conflicts"]
    assert (conflict["labels"][1], conflict["labels"][0]["bbox"]) == (
        None,
        [round(n, 3) for n in first["bbox"]],
    )
    project = tmp_path / "p.hitl"
    report("new", project, "--images", dataset / "images")
    report("import", project, both)
    states = {each["path"]: each["state"] for each in report("images", project)["images"]}
    assert [path for path, state in states.items() if state != "decided"] == [conflict["image"]]


def test_what_an_import_would_do_is_told_before(tmp_path: Path, dataset: Path) -> None:
    project = tmp_path / "p.hitl"
    report("new", project, "--images", dataset / "images")
    told = report("import", project, dataset / "instances.json", "--dry-run")
    assert told["new_categories"]
    assert report("stats", project)["annotations"] == 0
    done = report("import", project, dataset / "instances.json")
    assert (told["images"], told["annotations"]) == (done["images"], done["annotations"])
    assert report("stats", project)["annotations"] == done["annotations"]
    parts = report("split", dataset / "instances.json", tmp_path / "parts.json", "--split", "50/25/25")[
        "splits"
    ]
    assert parts == {"test": 3, "train": 6, "val": 3}
