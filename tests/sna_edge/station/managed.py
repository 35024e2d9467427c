"""A systemd of our own, the first process of namespaces of its own: nothing of the machine's is
touched: its root is a layer in memory above the machine's, its network has no way out, and all of
it ends with it. Needs root, overlayfs, cgroup2."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

SYSTEMD = "/usr/lib/systemd/systemd"
GROUPS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
APART = ("-m", "-p", "-f", "-C", "-u", "-i", "-n", "--kill-child")
BOOT = """#!/bin/bash
# what is written to any file goes into memory: the root is a layer above that of the machine
set -e
umask 022
ip link set lo up
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/up /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
for place in dev run opt tmp; do mount -t tmpfs tmpfs $place; done
chmod 1777 tmp
mkdir dev/shm dev/pts
for one in 'null 3' 'zero 5' 'full 7' 'random 8' 'urandom 9'; do
  mknod -m 666 dev/${{one% *}} c 1 ${{one#* }}
done
mknod -m 666 dev/tty c 5 0
ln -s pts/ptmx dev/ptmx
mkdir -p opt/sna run/lock run/systemd/system var/lib/private
cp -r {folder}/. opt/sna/
cp -r {units}/. run/systemd/system/
chmod -R a+rX opt/sna run/systemd/system
printf '[Unit]\nRequires=systemd-journald.socket\nDefaultDependencies=no\n' \
  > run/systemd/system/try.target
mount --bind {state} var/lib/private
chmod 700 var/lib/private
mkdir old
pivot_root . old
umount -l /old
[ "$(stat -f -c %T /)" = overlayfs ] && [ ! -e /mnt/root ] || exit 1
export container=other
exec {systemd} --system --unit=try.target --log-target=null --show-status=no
"""


class Manager:
    """systemd with the units of a folder; what lies in `folder` is in /opt/sna, and what a unit
    with a user of its own keeps in /var/lib is in `state`."""

    def __init__(self, units: Path, folder: Path, state: Path) -> None:
        self.group = next(
            Path(g) for g in GROUPS if (Path(g) / "cgroup.procs").exists()
        ) / f"sna-test-{os.getpid()}"  # fmt: skip
        self.group.mkdir()
        script = state.parent / "boot.sh"
        script.write_text(
            BOOT.format(units=units, folder=folder, state=state, systemd=SYSTEMD), encoding="utf-8"
        )
        inside = (
            f"echo $$ > {self.group}/cgroup.procs; exec unshare -m -p -f -C -u -i -n --kill-child"
        )
        self.process = subprocess.Popen(
            ["bash", "-c", f"{inside} bash {shlex.quote(str(script))}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ready(self) -> bool:
        """Whether it has come up."""
        end = time.monotonic() + 30.0
        while time.monotonic() < end and self.process.poll() is None:
            if self.first and self.ctl("is-active", "try.target") == "active":
                return True
            time.sleep(0.1)
        return False

    @property
    def first(self) -> int:
        """The number that its systemd has outside, 0 while there is none."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        try:
            found = Path(path).read_text().split()
            return int(found[0]) if found else 0
        except OSError:
            return 0

    def inside(self, *words: str) -> str:
        """What a command prints there."""
        enter = ["nsenter", "-t", str(self.first), "-m", "-p", "-C", "-n"]
        found = subprocess.run([*enter, *words], capture_output=True, text=True, check=False)
        return (found.stdout + found.stderr).strip()

    def ctl(self, *words: str) -> str:
        """`systemctl`."""
        return self.inside("systemctl", *words)

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.ctl("show", "--value", "-p", name, unit)

    def close(self) -> None:
        """End all of it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for _ in range(100):
            try:
                for group in sorted(self.group.rglob("*"), reverse=True):
                    if group.is_dir():
                        group.rmdir()
                self.group.rmdir()
                return
            except OSError:
                time.sleep(0.05)


def cannot() -> str:
    """Why there can be none here; "" where there can."""
    if os.geteuid() or not os.path.exists(SYSTEMD):
        return "needs root and systemd"
    if not all(shutil.which(word) for word in ("unshare", "nsenter", "systemctl", "ip", "curl")):
        return "needs unshare, nsenter, ip and curl"
    if not any(Path(group, "cgroup.procs").exists() for group in GROUPS):
        return "needs cgroup2"
    return ""
