"""What the app must know about an ONNX file to use it: a TOML card beside it, or metadata inside it."""

from __future__ import annotations

import hashlib
import math
import tomllib
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from hitl_desktop.errors import ModelError
from hitl_desktop.translation import tr

MOST_SIDE = 8192
"""Of larger inputs a single image would fill the memory."""


BoxForm = Literal["corners", "centres", "sides", "yx_corners"]
Unit = Literal["pixels", "share"]
Activation = Literal["none", "sigmoid", "softmax"]
Layout = Literal["NCHW", "NHWC", "CHW", "HWC"]


class InputSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """How an image becomes the network's input: size as (width, height), channel means and deviations on
    0..255.

    A size of 0 x 0 is that of the image. `top_left` is a letterbox with the image in its corner; `multiple`
    stretches the image to the next multiple of so many pixels, with no side over `longest` if that is given.
    `frees_size`: the declared size is wrong, any will do.
    """

    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    colour: Literal["RGB", "BGR"] = "RGB"
    resize: Literal["letterbox", "top_left", "stretch", "multiple"] = "letterbox"
    pad: float = 0.0
    layout: Layout = "NCHW"
    multiple: int = 32
    longest: int = 0
    frees_size: bool = False

    @property
    def side(self) -> int | None:
        """The longer side of the input in pixels; None where that depends on the image."""
        return (self.longest if self.resize == "multiple" else max(self.size)) or None


class DecodeSpec(msgspec.Struct, frozen=True):
    """How the network's outputs become boxes, and which outputs are feature maps.

    From `outputs` on: those of families that are recognised. `outputs` are in the order of the family; `boxes`
    and `unit` are how boxes are given; `activation` is what scores still need; `objectness` is whether a
    column of it stands before the classes; `anchors` are width, height, ... in pixels by stride; `style` is
    one of several ways of the family; `columns` are where a table has x1, y1, x2, y2, score, label;
    `first_label` is the label of the first class, `classes` how many there are where no shape gives that;
    `feature_strides` are those of the feature maps where they are others than those of the boxes.
    """

    strides: tuple[int, ...] = (8, 16, 32)
    nms_iou: float = 0.6
    features: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    boxes: BoxForm = "corners"
    unit: Unit = "pixels"
    activation: Activation = "none"
    objectness: bool = False
    background: Literal["none", "first", "last"] = "none"
    anchors: tuple[tuple[float, ...], ...] = ()
    style: str = ""
    columns: tuple[int, ...] = ()
    first_label: int = 0
    classes: int = 0
    feature_strides: tuple[int, ...] = ()

    @property
    def feature_stride(self) -> int:
        """The finest stride of the feature maps."""
        return (self.feature_strides or self.strides)[0]


class ModelCard(msgspec.Struct, frozen=True):
    """A model: what it does, its family (one module each), its input, its classes; `sha256` is its
    identity."""

    name: str
    title: str
    task: Literal["detect", "embed"]
    family: str
    file: Path
    sha256: str
    license: str
    input: InputSpec
    source: str = ""
    classes: tuple[str, ...] = ()
    decode: DecodeSpec = msgspec.field(default_factory=DecodeSpec)

    @property
    def usage(self) -> str:
        """How the file is used, as JSON: with another usage the same file proposes something else."""
        parts = [self.family, _of_card(self.input), _of_card(self.decode), self.classes]
        return msgspec.json.encode(parts).decode()


_ALWAYS_GIVEN: Final = frozenset(
    {"size", "mean", "std", "colour", "resize", "pad", "strides", "nms_iou", "features"}
)
"""Fields that are part of every usage; newer ones only where they differ, so that older usages stay valid."""


def _of_card(spec: InputSpec | DecodeSpec) -> dict[str, object]:
    fields = zip(spec.__struct_fields__, (None,) * _required(spec) + spec.__struct_defaults__, strict=True)
    return {
        name: getattr(spec, name)
        for name, default in fields
        if name in _ALWAYS_GIVEN or getattr(spec, name) != default
    }


def _required(spec: InputSpec | DecodeSpec) -> int:
    return len(spec.__struct_fields__) - len(spec.__struct_defaults__)


def read_card(path: Path, *, file: Path | None = None) -> ModelCard:
    """The card in a TOML file; `file` in it is relative to the card, unless another place is given.

    Raises:
        ModelError: the card cannot be read or its ONNX file is missing or another one.
    """
    try:
        fields: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            tr("The model card {path} cannot be read ({error}).", path=path, error=error),
            hint=tr("Correct the file, or remove it."),
        ) from error
    return _make_card(fields | {"file": file or path.parent / str(fields.get("file", ""))}, path)


def _make_card(fields: dict[str, Any], source: Path) -> ModelCard:
    try:
        card = msgspec.convert(fields, ModelCard, strict=False)
    except (msgspec.ValidationError, TypeError) as error:
        raise ModelError(
            tr("The model card {source} is incomplete ({error}).", source=source, error=error),
            hint=tr("Compare it with the bundled cards."),
        ) from error
    if problem := _problem(card):
        raise ModelError(
            tr("The model card {source} cannot be used: {problem}.", source=source, problem=problem),
            hint=tr("Edit the model card, then try again."),
        )
    if not card.file.is_file():
        raise ModelError(
            tr("The model file {file} is missing.", file=card.file),
            hint=tr("Put it back, or choose another model."),
        )
    return card


def _problem(card: ModelCard) -> str:
    """What makes a card unusable; empty if nothing does."""
    if not all(0 <= side <= MOST_SIDE for side in card.input.size):
        return tr("the input size must be at most {most_side} pixels a side", most_side=MOST_SIDE)
    if not all(math.isfinite(value) for value in (*card.input.mean, *card.input.std)) or 0 in card.input.std:
        return tr("mean and std must be finite, and std not 0")
    if not card.decode.strides or not all(stride > 0 for stride in card.decode.strides):
        return tr("strides must be one number or more, each 1 or more")
    return ""


def card_from_metadata(file: Path, metadata: dict[str, str]) -> ModelCard:
    """The card that an ONNX file carries in its own metadata.

    Raises:
        ModelError: it carries none.
    """
    if not {"task", "family", "input"} <= metadata.keys():
        raise ModelError(
            tr("{name} does not say what kind of model it is.", name=file.name),
            hint=tr(
                "Put a card {stem}.toml beside it (see {path} for examples).",
                stem=file.stem,
                path=Path("resources") / "models",
            ),
        )
    try:
        fields_in = msgspec.json.decode(metadata["input"], type=dict[str, Any])
        fields = {
            "name": file.stem,
            "title": file.stem,
            "task": metadata["task"],
            "family": metadata["family"],
            "file": file,
            "sha256": file_hash(file),
            "license": metadata.get("license", "unknown"),
            "input": fields_in | {"colour": fields_in.get("color", "RGB")},
            "classes": msgspec.json.decode(metadata.get("classes", "[]")),
            "decode": msgspec.json.decode(metadata.get("decode", "{}")),
        }
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ModelError(
            tr("The metadata in {name} is damaged ({error}).", name=file.name, error=error),
            hint=tr("Put a card beside the file."),
        ) from error
    return _make_card(fields, file)


def file_hash(path: Path) -> str:
    """SHA-256 of a model file.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            tr("{path} cannot be read ({strerror}).", path=path, strerror=error.strerror),
            hint=tr("Check its permissions, or choose another model."),
        ) from error
