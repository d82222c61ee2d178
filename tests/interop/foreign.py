"""Run by the Python that has the programs of others (`make interop`), never by the tests themselves: reads a data set
with one of them and prints what it found, or writes the sample in its way.

    python foreign.py read READER FOLDER      JSON: a list of [image, category, x, y, width, height]
    python foreign.py write WRITER FROM TO    the COCO data set in FROM as that program writes it
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ |= {
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
    "WANDB_DISABLED": "true",
    "FIFTYONE_DO_NOT_TRACK": "true",
}
Boxes = Iterable[tuple[str, str, float, float, float, float]]


def _coco(api: Any) -> Boxes:
    names = {c["id"]: c["name"] for c in api.loadCats(api.getCatIds())}
    for image in api.loadImgs(api.getImgIds()):
        for a in api.loadAnns(api.getAnnIds(imgIds=[image["id"]])):
            yield (image["file_name"], names[a["category_id"]], *a["bbox"])


def pycocotools(folder: Path) -> Boxes:
    from pycocotools.coco import COCO

    return _coco(COCO(str(folder / "labels.json")))


def faster_coco_eval(folder: Path) -> Boxes:
    from faster_coco_eval import COCO

    return _coco(COCO(str(folder / "labels.json")))


def torchvision(folder: Path) -> Boxes:
    from torchvision.datasets import CocoDetection

    found = CocoDetection(str(folder / "images"), str(folder / "labels.json"))
    names = {c["id"]: c["name"] for c in found.coco.dataset["categories"]}
    for place, image_id in enumerate(found.ids):
        _, targets = found[place]
        for a in targets:
            yield (found.coco.imgs[image_id]["file_name"], names[a["category_id"]], *a["bbox"])


def _supervision(dataset: Any) -> Boxes:
    for path, _, found in dataset:
        for (x1, y1, x2, y2), number in zip(found.xyxy.tolist(), found.class_id.tolist(), strict=True):
            yield (path, dataset.classes[number], x1, y1, x2 - x1, y2 - y1)


def supervision_coco(folder: Path) -> Boxes:
    import supervision as sv

    return _supervision(sv.DetectionDataset.from_coco(str(folder / "images"), str(folder / "labels.json")))


def supervision_yolo(folder: Path) -> Boxes:
    import supervision as sv

    return _supervision(
        sv.DetectionDataset.from_yolo(
            str(folder / "images"), str(folder / "labels"), str(folder / "data.yaml")
        )
    )


def supervision_voc(folder: Path) -> Boxes:
    import supervision as sv

    return _supervision(
        sv.DetectionDataset.from_pascal_voc(str(folder / "JPEGImages"), str(folder / "Annotations"))
    )


def _datumaro(folder: Path, name: str) -> Boxes:
    from datumaro.components.dataset import Dataset

    dataset = Dataset.import_from(str(folder), name)
    names = [label.name for label in dataset.categories()[_label_type()].items]
    for item in dataset:
        for a in item.annotations:
            if a.type.name == "bbox":
                yield (item.id, names[a.label], a.x, a.y, a.w, a.h)


def _label_type() -> Any:
    from datumaro.components.annotation import AnnotationType

    return AnnotationType.label


def datumaro_coco(folder: Path) -> Boxes:
    return _datumaro(folder, "coco_instances")


def datumaro_yolo(folder: Path) -> Boxes:
    return _datumaro(folder, "yolo")


def datumaro_voc(folder: Path) -> Boxes:
    return _datumaro(folder, "voc")


def datumaro_cvat(folder: Path) -> Boxes:
    return _datumaro(folder.parent, "cvat")


def labelme(folder: Path) -> Boxes:
    from labelme._label_file import LabelFile

    for file in sorted(folder.rglob("*.json")):
        found = LabelFile(str(file))
        for shape in found.shapes:
            (x1, y1), (x2, y2) = shape["points"]
            yield (found.imagePath, shape["label"], min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))


def _fiftyone(kind: str, **where: str) -> Boxes:
    import fiftyone as fo

    dataset = fo.Dataset.from_dir(dataset_type=getattr(fo.types, kind), **where)
    dataset.compute_metadata()
    for sample in dataset:
        found = sample.ground_truth.detections if sample.ground_truth else ()
        width, height = sample.metadata.width, sample.metadata.height
        for d in found:
            x, y, w, h = d.bounding_box
            yield (sample.filepath, d.label, x * width, y * height, w * width, h * height)


def fiftyone_coco(folder: Path) -> Boxes:
    return _fiftyone("COCODetectionDataset", data_path=str(folder / "images"), labels_path=str(folder / "labels.json"), label_field="ground_truth")  # fmt: skip


def fiftyone_yolo(folder: Path) -> Boxes:
    return _fiftyone("YOLOv5Dataset", dataset_dir=str(folder), split="train", label_field="ground_truth")


def fiftyone_voc(folder: Path) -> Boxes:
    return _fiftyone("VOCDetectionDataset", data_path=str(folder / "JPEGImages"), labels_path=str(folder / "Annotations"), label_field="ground_truth")  # fmt: skip


def fiftyone_kitti(folder: Path) -> Boxes:
    images = next(p for p in folder.rglob("*") if p.is_dir() and any(p.glob("*.jpg")))
    labels = next(p for p in folder.rglob("*") if p.is_dir() and any(p.glob("*.txt")))
    return _fiftyone("KITTIDetectionDataset", data_path=str(images), labels_path=str(labels), label_field="ground_truth")  # fmt: skip


def ultralytics_yolo(folder: Path) -> Boxes:
    import yaml
    from ultralytics.data.dataset import YOLODataset

    data = yaml.safe_load((folder / "data.yaml").read_text())
    names = data["names"] if isinstance(data["names"], dict) else dict(enumerate(data["names"]))
    found = YOLODataset(img_path=str(folder / "images"), data=data | {"names": names, "channels": 3}, task="detect", augment=False)  # fmt: skip
    for label in found.labels:
        height, width = label["shape"]
        for number, (cx, cy, w, h) in zip(
            label["cls"].ravel().tolist(), label["bboxes"].tolist(), strict=True
        ):
            yield (
                label["im_file"], names[int(number)],
                (cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height,
            )  # fmt: skip


def _written_by_supervision(source: Path) -> Any:
    import supervision as sv

    return sv.DetectionDataset.from_coco(str(source / "images"), str(source / "labels.json"))


def write_supervision_coco(source: Path, target: Path) -> None:
    _written_by_supervision(source).as_coco(str(target / "images"), str(target / "labels.json"))


def write_supervision_yolo(source: Path, target: Path) -> None:
    _written_by_supervision(source).as_yolo(
        str(target / "images"), str(target / "labels"), str(target / "data.yaml")
    )


def write_supervision_voc(source: Path, target: Path) -> None:
    _written_by_supervision(source).as_pascal_voc(str(target / "images"), str(target / "annotations"))


def _written_by_datumaro(source: Path, target: Path, name: str) -> None:
    from datumaro.components.dataset import Dataset

    place = source / "coco"
    dataset = Dataset.import_from(str(place if place.is_dir() else source), "coco_instances")
    dataset.export(str(target), name, save_media=True)


def write_datumaro_coco(source: Path, target: Path) -> None:
    _written_by_datumaro(source, target, "coco_instances")


def write_datumaro_yolo(source: Path, target: Path) -> None:
    _written_by_datumaro(source, target, "yolo")


def write_datumaro_voc(source: Path, target: Path) -> None:
    _written_by_datumaro(source, target, "voc_detection")


def write_datumaro_cvat(source: Path, target: Path) -> None:
    _written_by_datumaro(source, target, "cvat")


def write_fiftyone_coco(source: Path, target: Path) -> None:
    import fiftyone as fo

    found = fo.Dataset.from_dir(dataset_type=fo.types.COCODetectionDataset, data_path=str(source / "images"), labels_path=str(source / "labels.json"), label_field="ground_truth")  # fmt: skip
    found.export(
        export_dir=str(target), dataset_type=fo.types.COCODetectionDataset, label_field="ground_truth"
    )


def write_fiftyone_yolo(source: Path, target: Path) -> None:
    import fiftyone as fo

    found = fo.Dataset.from_dir(dataset_type=fo.types.COCODetectionDataset, data_path=str(source / "images"), labels_path=str(source / "labels.json"), label_field="ground_truth")  # fmt: skip
    found.export(export_dir=str(target), dataset_type=fo.types.YOLOv5Dataset, label_field="ground_truth", split="train")  # fmt: skip


def main() -> None:
    what, name, *places = sys.argv[1:]
    function: Callable[..., Any] = globals()[name if what == "read" else f"write_{name}"]
    if what == "write":
        function(*map(Path, places))
        return
    found = [
        [Path(image).stem, category, *map(float, box)] for image, category, *box in function(Path(places[0]))
    ]
    print("\nFOUND " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
