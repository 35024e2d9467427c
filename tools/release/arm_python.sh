#!/usr/bin/env bash
# A device's own CPython and numpy (aarch64: LiteRT too) under QEMU user mode, from Debian packages and wheels; no emulated system.
# usage: tools/release/arm_python.sh DIR [aarch64|armv7]   then   PYTHONPATH=DIR/site DIR/python script.py
# Needs Debian or Ubuntu, root for apt, unzip. Ends with an error line and status 1 where something is missing.
set -euo pipefail
for tool in apt-get dpkg unzip python3; do command -v $tool >/dev/null || { echo "$tool is missing; emulation needs a Debian machine" >&2; exit 1; }; done
machine=${2:-aarch64}
mkdir -p "$1"; here=$(cd "$1" && pwd); cd "$here"
exec 9>lock; flock 9  # tests run side by side: the second waits for the first
[ ! -e ready ] || exit 0
mkdir -p lists/partial cache/archives/partial debs root site wheels; : > status
libraries="libc6 libexpat1 zlib1g libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libgcc-s1 libstdc++6 libuuid1 libncursesw6 libtinfo6 libgomp1"
case $machine in
  aarch64) arch=arm64; version=3.11; emulator=qemu-aarch64; o=""
    packages="libpython3.11 libssl3 libcrypt1 libreadline8" ;;
  armv7) arch=armhf; version=3.13; emulator=qemu-arm  # Debian 13: the first with numpy 2 for this machine, where PyPI has no wheel
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" > sources.list
    o="-oDir::Etc::sourcelist=$here/sources.list -oDir::Etc::sourceparts=/dev/null"
    packages="libssl3t64 libreadline8t64 python3-numpy libblas3 liblapack3 libgfortran5" ;;
  *) echo "there is no machine $machine; use aarch64 or armv7" >&2; exit 1 ;;
esac
command -v $emulator >/dev/null || flock "$here/.." apt-get install -y -q qemu-user >/dev/null
o="$o -oAPT::Architecture=$arch -oAPT::Architectures=$arch -oDir::State::Lists=$here/lists -oDir::Cache=$here/cache -oDir::State::status=$here/status"
apt-get $o update -q >/dev/null 2>&1
(cd debs && apt-get $o download -q python$version python$version-minimal libpython$version-minimal libpython$version-stdlib \
  $libraries $packages >/dev/null 2>&1) || { echo "the packages of Python $version for $machine cannot be fetched here" >&2; exit 1; }
for deb in debs/*.deb; do dpkg -x "$deb" root; done
[ -e root/lib ] || ln -s usr/lib root/lib
if [ $machine = aarch64 ]; then
  pip="python3 -m pip --disable-pip-version-check"
  platforms="--no-deps --only-binary=:all: --python-version 3.11 --implementation cp -q -d wheels"
  for t in 2014 _2_17 _2_27 _2_28; do platforms="$platforms --platform manylinux${t}_aarch64"; done
  $pip download $platforms numpy ai-edge-litert==2.1.0 2>/dev/null
  $pip download --no-deps --only-binary=:all: --python-version 3.11 -q -d wheels flatbuffers typing_extensions backports.strenum 2>/dev/null
  for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d site; done
else
  ln -sf blas/libblas.so.3 lapack/liblapack.so.3 root/usr/lib/arm-linux-gnueabihf/
  mv root/usr/lib/python3/dist-packages/numpy* site/
fi
printf '#!/bin/sh\nexec %s -L "%s/root" "%s/root/usr/bin/python%s" "$@"\n' $emulator "$here" "$here" $version > python
chmod +x python
PYTHONPATH=$here/site ./python -c "import platform, numpy; print(platform.machine(), numpy.__version__)"
touch ready
