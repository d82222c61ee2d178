"""Delete from this virtual environment what neither the program nor its tests can use, some 150 MB.

That is Qt Quick, QML and Qt's design tools (the window is made of widgets), and the test suites that numpy,
scipy, scikit-learn and onnx ship.
"""

import shutil
import sysconfig
from pathlib import Path

PACKAGES = Path(sysconfig.get_path("purelib"))
UNUSED = (
    *(
        f"PySide6/Qt/lib/libQt6{part}*"
        for part in ("Designer", "Labs", "Lottie", "Qml", "Quick", "Wayland*Compositor")
    ),
    *(f"PySide6/Qt{part}*.so" for part in ("Designer", "Qml", "Quick")),
    *(
        f"PySide6/Qt/plugins/{part}"
        for part in ("designer", "qmllint", "qmltooling", "vectorimageformats", "*-server")
    ),
    *(
        f"PySide6/{tool}"
        for tool in ("assistant", "designer", "linguist", "lrelease", "lupdate", "qml*", "svgtoqml")
    ),
    *(f"PySide6/Qt/{part}" for part in ("qml", "metatypes", "libexec")),
    *(f"PySide6/{part}" for part in ("libpyside6qml*", "include", "typesystems")),
    *(f"{library}/**/tests" for library in ("numpy", "scipy", "sklearn")),
    "onnx/backend/test",
)


def main() -> None:
    """Delete them; what is gone already is no error."""
    for pattern in UNUSED:
        for path in list(PACKAGES.glob(pattern)):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
