"""MODEL.sna -> partition.bin: the length, zeros up to byte 64, the artifact as it is. Flash it to
the partition's address.

python write_partition.py MODEL.sna partition.bin
"""

import sys
from pathlib import Path

artifact = Path(sys.argv[1]).read_bytes()
Path(sys.argv[2]).write_bytes(len(artifact).to_bytes(4, "little") + bytes(60) + artifact)
