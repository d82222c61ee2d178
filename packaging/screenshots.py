"""`make screenshots`: the window in all of its states, from the real program on the sample project, in
build/screenshots; the first one also becomes the picture of the README.

Each size, theme and scale runs in a process of its own, since Qt fixes the scale when it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "screenshots"
RUNS = (
    ("light", "1280x720", "1"),
    ("dark", "1280x720", "1"),
    ("light", "1920x1080", "1"),
    ("dark", "2560x1440", "1"),
    ("light", "1280x720", "1.5"),
    ("dark", "1280x720", "2"),
)


def main() -> None:
    """Make the project once, then all pictures."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    environment |= {f"HITL_{name}_DIR": str(OUT / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
    OUT.mkdir(parents=True, exist_ok=True)
    project = OUT / "demo" / "sample.hitl"
    if not project.exists():
        demo = [sys.executable, "-m", "hitl_desktop", "demo", "--out", str(project.parent)]
        subprocess.run(demo, check=True, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    for theme, size, scale in RUNS:
        (OUT / "config" / "window.ini").unlink(missing_ok=True)
        subprocess.run(  # noqa: S603 - this very program
            [sys.executable, str(ROOT / "packaging" / "shoot.py"), str(project), str(OUT), theme, size, scale],
            check=True, env=environment | {"QT_SCALE_FACTOR": scale},
        )  # fmt: skip
    subprocess.run(  # noqa: S603 - this very program
        [sys.executable, str(ROOT / "packaging" / "animate.py"), str(OUT / "film"), str(OUT / "loop.webp")],
        check=True, env=environment,
    )  # fmt: skip
    (ROOT / "resources" / "loop.webp").write_bytes((OUT / "loop.webp").read_bytes())
    (ROOT / "resources" / "screenshot.png").write_bytes(
        (OUT / "light-1280x720-1-suggestions.png").read_bytes()
    )


if __name__ == "__main__":
    main()
