#!/usr/bin/env bash
# venv.sh PYTHON FOLDER: makes a virtual environment, or says what keeps it from being made.
set -euo pipefail
python=$1
folder=$2

if ! command -v "$python" >/dev/null; then
    echo "Python is missing ($python). Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3 …" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed and $("$python" -V) was found; name another: make PYTHON=/path/to/python3 …" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$(dirname "$0")/debian.sh" python3-venv
fi
"$python" -m venv "$folder"
