#!/usr/bin/env bash
# FMPy and what it imports for the emulated aarch64 Python that arm_python.sh made in DIR, as wheels in DIR/fmpy.
# usage: tools/release/arm_fmpy.sh DIR   then   PYTHONPATH=DIR/fmpy:DIR/site DIR/python script.py
set -euo pipefail
cd "$1"
exec 9>lock; flock 9
[ ! -e fmpy/ready ] || exit 0
mkdir -p fmpy fmpy-wheels
for t in 2014 _2_17 _2_28; do platforms="${platforms:-} --platform manylinux${t}_aarch64"; done
python3 -m pip --disable-pip-version-check download --no-deps --only-binary=:all: --python-version 3.11 --implementation cp $platforms \
  -q -d fmpy-wheels fmpy==0.3.32 attrs lark lxml msgpack 2>/dev/null || { echo "FMPy for aarch64 cannot be fetched here" >&2; exit 1; }
for wheel in fmpy-wheels/*.whl; do unzip -q -o "$wheel" -d fmpy; done
touch fmpy/ready
