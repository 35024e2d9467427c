#!/bin/sh
# Install this kit without a network: sh install.sh [--prefix DIR] [--check]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wanted=$(sed -n 's/^  "python": "\(.*\)"$/\1/p; s/^  "python": "\(.*\)",$/\1/p' "$here/manifest.json")
for python in "python$wanted" python3; do
  if command -v "$python" >/dev/null 2>&1; then exec "$python" "$here/install.py" "$@"; fi
done
echo "install.sh: this machine has no Python; install python3 ($wanted), then run it again" >&2
exit 2
