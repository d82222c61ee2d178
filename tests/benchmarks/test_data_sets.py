"""Import and export at the size of COCO train2017: 118,000 images, some 850,000 boxes, 80 categories; in processes of their own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hitl_desktop.store.project import Project

from .conftest import Bench

LARGE, SMALL = 118_000, 11_800
PROCESS = """
import gc, json, sys, time
from pathlib import Path
from hitl_desktop.cli import _COLLECTED
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.exchange.export_dataset import export_dataset
from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset
gc.set_threshold(*_COLLECTED)
what, project, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
with Project.open(project, background=True) as opened:
    began = time.perf_counter()
    if what == "import":
        boxes = import_dataset(opened, read_dataset(file), file=file).annotations
    else:
        boxes = export_dataset(opened, file, format_name=what).annotations
    seconds = time.perf_counter() - began
lines = open("/proc/self/status").read().splitlines()
peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
print(json.dumps({"seconds": seconds, "peak_mb": peak, "boxes": boxes}))
"""


def made(folder: Path, count: int) -> tuple[Path, Path, int]:
    """A project that lists so many images, a COCO file about them, and how many boxes it has."""
    chance = random.Random(0)
    images = [
        {"id": 3 * n, "file_name": f"{3 * n:012}.jpg", "width": 640, "height": 480}
        for n in range(1, count + 1)
    ]
    boxes: list[dict[str, object]] = []
    for image in images:
        for _ in range(chance.choice([0, 3, 5, 7, 8, 9, 12, 14])):
            box = [
                round(chance.uniform(low, high), 2) for low, high in ((0, 500), (0, 380), (5, 130), (5, 95))
            ]
            boxes.append({"id": len(boxes) + 1, "image_id": image["id"], "category_id": chance.randint(1, 80), "bbox": box,
                          "area": round(box[2] * box[3], 2), "iscrowd": 0})  # fmt: skip
    categories = [{"id": n, "name": f"class {n}", "supercategory": ""} for n in range(1, 81)]
    file = folder / "instances.json"
    file.write_text(
        json.dumps({"images": images, "annotations": boxes, "categories": categories}), encoding="utf-8"
    )
    project = folder / "p.hitl"
    (folder / "images").mkdir()
    with Project.create(project) as opened:
        into = opened.add_folder(folder / "images")
        with opened.db.transaction():
            opened.images.add(into, [str(image["file_name"]) for image in images])
            opened.files.fill_sizes((image.id, 640, 480) for image in opened.images.all())
    return project, file, len(boxes)


def measured(what: str, project: Path, file: Path) -> dict[str, float]:
    command = [sys.executable, "-c", PROCESS, what, project, file]
    return json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    )


@pytest.mark.bench
def test_data_sets_of_the_size_of_coco(bench: Bench, tmp_path: Path) -> None:
    seconds: dict[int, float] = {}
    for count, name in ((SMALL, "coco12k"), (LARGE, "coco118k")):
        folder = tmp_path / name
        folder.mkdir()
        project, file, boxes = made(folder, count)
        taken = measured("import", project, file)
        assert taken["boxes"] == boxes
        seconds[count] = taken["seconds"]
        bench.note(f"import_{name}_s", taken["seconds"])
        bench.note(f"import_{name}_mb", taken["peak_mb"])
        for form, out in (("coco", folder / "out.json"), ("yolo", folder / "yolo")):
            written = measured(form, project, out)
            assert written["boxes"] == boxes
            word = "export" if form == "coco" else "export_yolo"
            bench.note(f"{word}_{name}_s", written["seconds"])
            bench.note(f"{word}_{name}_mb", written["peak_mb"])
    bench.note("import_coco118k_linear", seconds[LARGE] / seconds[SMALL] / (LARGE / SMALL))
