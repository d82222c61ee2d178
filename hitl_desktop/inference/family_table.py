"""The families whose outputs are recognised and decoded: what each is called, and what its networks take as a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hitl_desktop.inference.families import (
    anchor_heads,
    centre_maps,
    distances,
    distributions,
    fastestdet,
    lists,
    priors,
    rows,
    table,
    text_map,
    yolox,
    yunet,
)
from hitl_desktop.inference.families.outputs import Decoder, Recogniser
from hitl_desktop.inference.model_card import InputSpec
from hitl_desktop.translation import tr

_NONE, _ALL = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_BYTES = (255.0, 255.0, 255.0)
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
_OWN = (0, 0)


def _spec(**fields: object) -> InputSpec:
    return InputSpec(size=_OWN, **{"mean": _NONE, "std": _ALL, **fields})  # type: ignore[arg-type]


UNIT_RGB: Final = _spec(std=_BYTES, pad=114.0)
UNIT_BGR: Final = _spec(std=_BYTES, colour="BGR", pad=114.0)
RAW_BGR: Final = _spec(colour="BGR", pad=114.0)
RAW_RGB: Final = _spec(pad=114.0)
NORMAL_RGB: Final = _spec(mean=_MEAN, std=_STD, pad=114.0)
NORMAL_BGR: Final = _spec(mean=_MEAN[::-1], std=_STD[::-1], colour="BGR", pad=114.0)
SIGNED_RGB: Final = _spec(mean=(127.5,) * 3, std=(127.5,) * 3)

WAYS: Final = (UNIT_RGB, RAW_BGR, NORMAL_RGB, NORMAL_BGR, SIGNED_RGB, UNIT_BGR, RAW_RGB)
"""How pixels become numbers, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family: how it is recognised and decoded, and what most of its networks take, by style."""

    title: str
    decode: Decoder
    recognise: Recogniser
    takes: Mapping[str, InputSpec]
    is_dense: bool = True
    thing: str = ""


def _family(module: object, title: str, takes: InputSpec | Mapping[str, InputSpec], **more: object) -> Family:
    usual = takes if isinstance(takes, Mapping) else {"": takes}
    return Family(title, module.decode, module.recognise, MappingProxyType(dict(usual)), **more)  # type: ignore[attr-defined,arg-type]


_FACES: Final = {
    "": _spec(mean=(127.0,) * 3, std=(128.0,) * 3, resize="stretch"),
    "retinaface": _spec(mean=(104.0, 117.0, 123.0), colour="BGR"),
    "yunet": _spec(colour="BGR", resize="stretch"),
    "blaze_near": SIGNED_RGB,
    "blaze_far": SIGNED_RGB,
    "blaze_192": UNIT_RGB,
    "tensorflow": _spec(mean=(127.5,) * 3, std=(127.5,) * 3, resize="stretch"),
}
FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        yolox.NAME: _family(yolox, tr("YOLOX"), _spec(colour="BGR", pad=114.0, resize="top_left")),
        yunet.NAME: _family(yunet, tr("YuNet"), _spec(colour="BGR"), thing=tr("face")),
        fastestdet.NAME: _family(
            fastestdet, tr("FastestDet"), _spec(std=_BYTES, colour="BGR", resize="stretch")
        ),
        distributions.NAME: _family(
            distributions,
            tr("NanoDet, PP-PicoDet"),
            {
                "": _spec(mean=_MEAN[::-1], std=_STD[::-1], colour="BGR", resize="stretch"),
                "pico": _spec(mean=_MEAN, std=_STD, colour="BGR", resize="stretch"),
            },
        ),
        priors.NAME: _family(priors, tr("SSD with priors"), _FACES, thing=tr("face")),
        centre_maps.NAME: _family(
            centre_maps,
            tr("CenterNet"),
            {"": _spec(mean=_MEAN, std=_STD, resize="stretch"), "face": _spec(resize="multiple")},
            thing=tr("face"),
            is_dense=False,
        ),
        text_map.NAME: _family(
            text_map,
            tr("Text map (DBNet)"),
            _spec(mean=_MEAN, std=_STD, colour="BGR", resize="multiple", longest=960),
            thing=tr("text"),
            is_dense=False,
        ),
        lists.NAME: _family(lists, tr("Boxes, labels and scores"), UNIT_RGB, is_dense=False),
        table.NAME: _family(table, tr("Table of boxes"), UNIT_RGB, is_dense=False),
        rows.NAME: _family(
            rows,
            tr("YOLO or DETR, decoded"),
            {"": UNIT_RGB, rows.QUERIES: _spec(std=_BYTES, resize="stretch")},
        ),
        anchor_heads.NAME: _family(anchor_heads, tr("YOLO heads with anchors"), UNIT_RGB),
        distances.NAME: _family(
            distances,
            tr("Heads without anchors"),
            {"": NORMAL_BGR, "corner strides": _spec(mean=(127.5,) * 3, std=(128.0,) * 3)},
        ),
    }
)
"""By the name that cards use; of equally likely readings the first one counts."""
