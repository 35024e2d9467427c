"""A station of one door that is killed: `PORT FILE`; a record is a line of FILE, on the disk before
the part is acknowledged."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from desk import Desk

from sna_edge.station.mqtt.broker import Broker
from sna_edge.station.mqtt.json_in import JsonDoor
from sna_edge.station.mqtt.settings import MqttSettings

path = Path(sys.argv[2])
file = path.open("ab", buffering=0)


def write(arrival):
    file.write(arrival.part.encode() + b"\n")
    os.fsync(file.fileno())


desk = Desk(write)
for line in path.read_text().splitlines():  # what was recorded before
    desk.records["press-1", line, 0] = None
    desk.order.append(line)
settings = MqttSettings(Broker("127.0.0.1", int(sys.argv[1]), "station"), {"line/parts": "press-1"})
door = JsonDoor("plant", settings, desk)
door.start()
print("ready", flush=True)
while True:
    time.sleep(1)
