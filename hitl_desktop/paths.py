"""Where resources, settings, logs and projects without a place of their own live."""

import os
import sys
from pathlib import Path

import platformdirs

APP_NAME = "hitl-desktop"


def resources_dir() -> Path:
    """The folder of models, sample images and icons that ship with the app."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    return Path(__file__).resolve().parent.parent / "resources"


def models_dir() -> Path:
    """The folder of bundled model cards and their ONNX files."""
    return resources_dir() / "models"


def _own_dir(variable: str, default: str) -> Path:
    path = Path(os.environ.get(variable) or default)
    path.mkdir(parents=True, exist_ok=True)
    return path


def config_dir() -> Path:
    """Where the settings file lies (`HITL_CONFIG_DIR` overrides it); made when missing."""
    return _own_dir("HITL_CONFIG_DIR", platformdirs.user_config_dir(APP_NAME, appauthor=False))


def data_dir() -> Path:
    """Where samples and projects of read-only folders lie (`HITL_DATA_DIR` overrides it); made when
    missing."""
    return _own_dir("HITL_DATA_DIR", platformdirs.user_data_dir(APP_NAME, appauthor=False))


def is_in_data_dir(file: Path) -> bool:
    """Whether a project file is in the data folder, as it is when the folder of its images is read-only."""
    return file.parent == data_dir()


def project_name(file: Path) -> str:
    """The name of a project: that of its file, in the data folder without the hash that keeps names unique."""
    return file.stem.rpartition("-")[0] or file.stem if is_in_data_dir(file) else file.stem


def cache_dir() -> Path:
    """Where thumbnails and tiles lie (`HITL_CACHE_DIR` overrides it); made when missing, safe to delete."""
    return _own_dir("HITL_CACHE_DIR", platformdirs.user_cache_dir(APP_NAME, appauthor=False))


def log_file() -> Path:
    """The log that holds what no user should have to read."""
    return data_dir() / "log.txt"
