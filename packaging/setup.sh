#!/bin/sh
# Install the packages that the lock file $2 names into the virtual environment $1, which is made if it is not there.
# Needs only Python >= 3.11; make runs it again when a lock file changes.
set -eu
venv=$1
lock=$2
here=$(dirname "$0")

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "No Python 3.11 or newer was found. Install one, or name it: make PYTHON=/path/to/python3 run" >&2
    exit 1
}

if [ ! -x "$venv/bin/python" ]; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            sh "$here/apt.sh" update
            sh "$here/apt.sh" install -y "$package"
        else
            echo "Python lacks its venv module. Run: sudo apt-get install $package" >&2
            exit 1
        fi
    fi
    echo "Making $venv with $python"
    "$python" -m venv "$venv"
fi
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
echo "Installing the packages of $lock (some 250 MB the first time)"
pip install --require-hashes -r "$lock"
pip install --no-deps --no-build-isolation -e .
"$venv/bin/python" "$here/trim.py"
