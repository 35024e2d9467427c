#!/usr/bin/env bash
# The device's own CPython, numpy and LiteRT for aarch64 under QEMU user mode, from Debian packages and wheels; no emulated system.
# usage: tools/aarch64_python.sh DIR   then   PYTHONPATH=DIR/site qemu-aarch64 -L DIR/root DIR/root/usr/bin/python3.11 script.py
# Needs Debian or Ubuntu, root for apt, unzip. Ends with an error line and status 1 where something is missing.
set -euo pipefail
for tool in apt-get dpkg unzip python3; do command -v $tool >/dev/null || { echo "$tool is missing; emulation needs a Debian machine" >&2; exit 1; }; done
pip="python3 -m pip --disable-pip-version-check"
mkdir -p "$1"; here=$(cd "$1" && pwd); cd "$here"
mkdir -p lists/partial cache/archives/partial debs root site wheels; : > status
command -v qemu-aarch64 >/dev/null || apt-get install -y -q qemu-user >/dev/null
o="-oAPT::Architecture=arm64 -oAPT::Architectures=arm64 -oDir::State::Lists=$here/lists -oDir::Cache=$here/cache -oDir::State::status=$here/status"
apt-get $o update -q >/dev/null 2>&1
(cd debs && apt-get $o download -q python3.11 python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libpython3.11 libc6 \
  libexpat1 zlib1g libssl3 libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libgcc-s1 libstdc++6 libuuid1 libcrypt1 libncursesw6 \
  libtinfo6 libreadline8 libgomp1 >/dev/null 2>&1) || { echo "the packages of Python 3.11 for arm64 cannot be fetched here" >&2; exit 1; }
for deb in debs/*.deb; do dpkg -x "$deb" root; done
platforms="--no-deps --only-binary=:all: --python-version 3.11 --implementation cp -q -d wheels"
for t in 2014 _2_17 _2_27 _2_28; do platforms="$platforms --platform manylinux${t}_aarch64"; done
$pip download $platforms numpy ai-edge-litert==2.1.0 2>/dev/null
$pip download --no-deps --only-binary=:all: --python-version 3.11 -q -d wheels flatbuffers typing_extensions backports.strenum 2>/dev/null
for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d site; done
PYTHONPATH=$here/site qemu-aarch64 -L root root/usr/bin/python3.11 -c "import platform, numpy; print(platform.machine(), numpy.__version__)"
touch ready
