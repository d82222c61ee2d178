#!/bin/sh
# Check that the libraries Qt needs at run time are there; on Debian and Ubuntu install the missing ones when root.
set -eu
python=$1
[ "$(uname -s)" = Linux ] || exit 0

qt=$("$python" -c 'import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("PySide6").origin).parent)')

missing_libraries() {
    ldd "$qt"/QtWidgets.abi3.so "$qt"/Qt/plugins/platforms/libqxcb.so "$qt"/Qt/plugins/platforms/libqoffscreen.so 2>/dev/null |
        awk '/not found/ {print $1}' | sort -u
}

# Fonts are no library, but without any the window has no text.
missing_fonts() {
    find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
        \( -name '*.ttf' -o -name '*.otf' -o -name '*.pfb' -o -name '*.ttc' \) 2>/dev/null | grep -q . || echo fonts
}

missing=$(missing_libraries; missing_fonts)
[ -n "$missing" ] || exit 0

packages="libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libx11-6 libx11-xcb1 libxext6 libxrender1
libxkbcommon0 libxkbcommon-x11-0 libxcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
libxcb-render-util0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libzstd1 fonts-dejavu-core"
packages=$(echo $packages)
if ! command -v apt-get >/dev/null; then
    echo "Qt misses: $(echo $missing). Install the packages of your system that hold them." >&2
elif [ "$(id -u)" = 0 ]; then
    echo "Installing the Qt run-time libraries: $(echo $missing)"
    here=$(dirname "$0")
    sh "$here/apt.sh" update
    sh "$here/apt.sh" install -y --no-install-recommends $packages
else
    echo "Qt misses: $(echo $missing). Run: sudo apt-get install $packages" >&2
fi
