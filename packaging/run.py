"""`make run`: the window on the sample project, or the same trip headless where there is no display."""

import os
import sys

from hitl_desktop.cli import main

if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    sys.stdout.write("There is no display, so the sample trip runs headless (hitl-desktop demo).\n")
    sys.stdout.flush()
    main(["demo"])
else:
    main(["sample"])
