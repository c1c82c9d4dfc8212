#!/usr/bin/env bash
# packages.sh VENV EXTRA: installs the project with one of its extras, as the versions that were tested.
set -euo pipefail
cd "$(dirname "$0")/../.."
pip=("$1/bin/python" -m pip --disable-pip-version-check install --retries 5 --timeout 60 --progress-bar off --quiet)
if [ -n "${TORCH_INDEX:-}" ]; then
    pip+=(--extra-index-url "$TORCH_INDEX")
fi

echo "installing what '$2' needs into $1 (the first time this takes minutes)"
if ! "${pip[@]}" --constraint constraints.txt --editable ".[$2]"; then
    echo "The tested versions (constraints.txt) are not to be had for $("$1/bin/python" -V) here; trying newer ones." >&2
    "${pip[@]}" --editable ".[$2]"
fi

if ! "$1/bin/python" -c 'import sys; from deploy.runtime.redis_server import redis_binary; sys.exit(redis_binary() is None)'; then
    # Only `demo` and `watch` need it, and they say so; the rest works without.
    deploy/setup/debian.sh redis-server || true
fi
