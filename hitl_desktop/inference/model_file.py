"""Why a file that is called a model cannot be loaded."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from hitl_desktop.errors import ModelError
from hitl_desktop.translation import tr, trn

_LONGEST_SHOWN = 200
_EXPORT_AGAIN = tr("Export or download the model again.")
_TO_ONNX = tr("Export it to ONNX with the tool it was trained with, and choose the .onnx file.")
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--", b"<script")
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (
        0,
        b"version https://git-lfs",
        tr("a Git LFS pointer to a model, not the model itself"),
        tr("Run git lfs pull in its repository, or download the file itself."),
    ),
    (
        0,
        b"\x1f\x8b",
        tr("a compressed file, not an ONNX model"),
        tr("Unpack it and choose the .onnx file in it."),
    ),
    (
        0,
        b"7z\xbc\xaf\x27\x1c",
        tr("a 7z archive, not an ONNX model"),
        tr("Unpack it and choose the .onnx file in it."),
    ),
    (0, b"Rar!", tr("a RAR archive, not an ONNX model"), tr("Unpack it and choose the .onnx file in it.")),
    (257, b"ustar", tr("a tar archive, not an ONNX model"), tr("Unpack it and choose the .onnx file in it.")),
    (0, b"\x80\x02", tr("a Python pickle, probably of PyTorch, not an ONNX model"), _TO_ONNX),
    (0, b"\x89HDF", tr("a Keras (HDF5) model, not an ONNX model"), _TO_ONNX),
    (4, b"TFL3", tr("a TensorFlow Lite model, not an ONNX model"), _TO_ONNX),
    (0, b"GGUF", tr("a GGUF model, not an ONNX model"), _TO_ONNX),
    (0, b"%PDF", tr("a PDF document, not an ONNX model"), _EXPORT_AGAIN),
)
_NEWER = re.compile(r"model IR version: (\d+), max supported IR version: (\d+)")
_NEWER_OPSET = re.compile(
    r"Opset (\d+) is under development.*for domain (\S+) is till opset (\d+)", re.DOTALL
)
_UNKNOWN_OPERATOR = re.compile(
    r"(?:No Op registered for|Could not find an implementation for|Fatal error:) ?([\w.:]+)(?:\(-?\d+\))?"
)
_NO_REASON = re.compile(
    r"^\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from .*? failed:|"
    r"/\S+\.(?:cc|h):\d+ (?:[^\n]*?onnxruntime::[^\n]*?\)(?: const)? )?"
)
"""Codes, the file's own name, and source lines of the runtime with the signatures of its functions."""


def check_is_model(file: Path) -> None:
    """Refuse a file that its first bytes show to be something else than an ONNX model.

    Raises:
        ModelError: it is missing, empty, cannot be read, or is a pointer, page, archive or another kind of
            model.
    """
    if file.is_dir():
        raise ModelError(
            tr("{file} is a folder, not a model file.", file=file),
            hint=tr("Choose the .onnx file, perhaps one in it."),
        )
    if not file.is_file():
        raise ModelError(
            tr("There is no model file {file}.", file=file),
            hint=tr("Check the name, or choose another model."),
        )
    try:
        with file.open("rb") as opened:
            head = opened.read(512)
    except OSError as error:
        raise ModelError(
            tr("{name} cannot be read ({strerror}).", name=file.name, strerror=error.strerror),
            hint=tr("Check its permissions, or choose another model."),
        ) from error
    found = _something_else(file, head)
    if found is not None:
        raise ModelError(tr("{name} is {found}.", name=file.name, found=found[0]), hint=found[1])


def _something_else(file: Path, head: bytes) -> tuple[str, str] | None:
    """What the file is instead of an ONNX model, and what to do."""
    if not head.strip(b"\0 \t\r\n"):
        return tr("empty, not an ONNX model"), _EXPORT_AGAIN
    if head.startswith(b"PK\x03\x04"):
        return _zip_contents(file)
    for offset, signature, what, hint in _SIGNATURES:
        if head[offset:].startswith(signature):
            return what, hint
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_MARKUP):
        return (
            tr("a web page, not an ONNX model"),
            tr("Download the file itself: the page probably asks to sign in or to confirm."),
        )
    if all(byte >= 32 or byte in b"\t\r\n\f" for byte in head):
        return tr("a text file, not an ONNX model"), _EXPORT_AGAIN
    return None


def _zip_contents(file: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return tr("a damaged zip archive, not an ONNX model"), _EXPORT_AGAIN
    if any(name.endswith("data.pkl") for name in names):
        return tr("a PyTorch file, not an ONNX model"), _TO_ONNX
    inside = next((name for name in names if name.lower().endswith(".onnx")), None)
    return tr("a zip archive, not an ONNX model"), tr(
        "Unpack it and choose {inside}.", inside=inside or "the .onnx file in it"
    )


def not_loadable(file: Path, error: Exception) -> ModelError:
    """Why ONNX Runtime refused to load a file."""
    text = str(error)
    if newer := _NEWER.search(text):
        return ModelError(
            tr(
                "{name} has ONNX IR version {newer}; this program reads up to {newer_2}.",
                name=file.name,
                newer=newer[1],
                newer_2=newer[2],
            ),
            hint=tr("Export it for an older version, or update the program."),
        )
    if newer := _NEWER_OPSET.search(text):
        return ModelError(
            tr(
                "{name} uses opset {newer} of {newer_2}; this program runs up to {newer_3}.",
                name=file.name,
                newer=newer[1],
                newer_2=newer[2],
                newer_3=newer[3],
            ),
            hint=tr("Export it with opset {newer} or less, or update the program.", newer=newer[3]),
        )
    if "xternal data" in text or "External initializer" in text:
        return _without_weights(file, text)
    if "Protobuf parsing failed" in text or "No graph was found" in text:
        return ModelError(
            tr("{name} is damaged or cut off, or is no ONNX model.", name=file.name), hint=_EXPORT_AGAIN
        )
    if unknown := _UNKNOWN_OPERATOR.search(text):
        return ModelError(
            tr(
                "{name} uses the operator {unknown}, which this program cannot run.",
                name=file.name,
                unknown=unknown[1],
            ),
            hint=tr("Export it with the standard ONNX operators in float32."),
        )
    return ModelError(
        tr(
            "{name} is not an ONNX model that can be loaded ({reason}).", name=file.name, reason=reason(error)
        ),
        hint=tr("Choose another file, or export the model again."),
    )


def _is_there(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):  # no name that a file can have
        return False


def _without_weights(file: Path, text: str) -> ModelError:
    """The model's weights are in other files, which are missing or too short."""
    files = weight_files(file)
    missing = [name[:_LONGEST_SHOWN] for name in files if not _is_there(file.parent, name)]
    if missing:
        what = trn(
            "{files}, which is not there",
            "{files}, which are not there",
            len(missing),
            files=", ".join(missing),
        )
    elif files and "out of bounds" in text:
        what = tr("{files}, which is too short", files=", ".join(files))
    else:
        what = tr("other files, which cannot be used ({shortened})", shortened=_shortened(text))
    return ModelError(
        tr("{name} keeps its weights in {what}.", name=file.name, what=what),
        hint=tr("Put all of its files into one folder, or export it with its weights inside."),
    )


def weight_files(file: Path) -> list[str]:
    """The files beside a model that hold weights of it, by their names."""
    import onnx  # noqa: PLC0415 - heavy: only a model that cannot be loaded needs it

    try:
        graph = onnx.load(str(file), load_external_data=False).graph
    except Exception:  # noqa: BLE001 - the caller reports the error of the runtime
        return []
    named = (
        entry.value
        for tensor in graph.initializer
        for entry in tensor.external_data
        if entry.key == "location"
    )
    return list(dict.fromkeys(named))


def reason(error: Exception) -> str:
    """What ONNX Runtime gives as the reason, without codes, source files and what comes after 300
    characters."""
    return _shortened(str(error))


def _shortened(text: str) -> str:
    plain = " ".join(_NO_REASON.sub("", text.strip()).split()).rstrip(".")
    return plain if len(plain) <= 300 else f"{plain[:300]}..."
