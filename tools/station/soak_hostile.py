"""A million hostile messages at all doors of a running station: does it live, and lie?

python tools/station/soak_hostile.py [--times 1000000] [--door http --door mqtt ..] [--seed 1]

A station in a process of its own gets messages drawn from a grammar (`hostile/grammar.py`) by every
door, with good parts between them, whose verdicts are known. It has to live, to stay within its
memory, to give each good part one record with its verdict, to accept nothing that is no legal
reading, and to write records that can be read, and nothing else. Writes
docs/tables/station_hostile.md (`--write`) and ends with one line; the exit code is 1 where
something did not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hostile import files_of, web, wires
from hostile.plant import Plant, Rubbish

SHARES = {"http": 0.01, "lines": 0.62, "mqtt": 0.2, "sparkplug": 0.06, "folder": 0.1,
          "page": 0.003, "opcua": 0.0003, "raw": 0.001, "config": 0.001,
          "aqdef": 0.005}  # fmt: skip
"""Of all messages, by door."""
WORDS = {
    "http": "POST, one message each", "lines": "POST, lines and lists",
    "raw": "requests that are none",
    "page": "requests of the page", "mqtt": "MQTT, JSON", "sparkplug": "Sparkplug B",
    "opcua": "OPC UA, values", "folder": "rows of files", "config": "configuration, limits, tokens",
    "aqdef": "ids in AQDEF files",
}  # fmt: skip
ROUNDS = 10
TABLE = Path(__file__).parents[2] / "docs" / "tables" / "station_hostile.md"


def attacked(
    folder: Path, times: int, doors: list[str], seed: int, *, traced: bool = False
) -> tuple[Plant, list[str]]:
    """The plant after the attack, and a row of the table for each door; `traced`: it is said what
    the memory is made of."""
    draw, plant = random.Random(seed), Plant(folder, traced=traced)
    plant.wires = wires.MOSQUITTO is not None
    rows, running = list[str](), list[Callable[[], None]]()
    plant.ports_made()
    Rubbish(plant.ports["hook"], seed)
    if plant.wires:
        broker = wires.Broker(folder / "broker", plant.ports["mqtt"])
        running.append(broker.stop)
        plc = wires.Controller(plant.ports["plc"])
    plant.start()
    plant.alone = web.alone(plant, draw)
    plant.memory = [plant.resident()]
    if traced:
        print(plant.trace(), file=sys.stderr, flush=True)
    attacks: dict[str, Callable[..., None]] = {
        "http": web.single, "lines": web.lines, "raw": web.raw, "page": web.page,
        "folder": wires.files, "config": files_of.config, "aqdef": files_of.aqdef,
    }  # fmt: skip
    if plant.wires:
        attacks |= {"mqtt": wires.mqtt, "sparkplug": wires.sparkplug,
                    "opcua": partial(wires.opcua, plc=plc)}  # fmt: skip
    try:
        for door in doors:
            if door in attacks:
                count = max(int(times * SHARES[door] / sum(SHARES[d] for d in doors)), 20)
                rows.append(one(plant, draw, door, attacks[door], count))
        plant.settled()
        plant.look("end")
    finally:
        plant.stop()
        for stop in running:
            stop()
    plant.check()
    return plant, rows


def one(
    plant: Plant, draw: random.Random, door: str, attack: Callable[..., None], count: int
) -> str:
    """Attack a door in rounds; its row of the table."""
    plant.seconds.clear()
    faults, goods, began = len(plant.faults), len(plant.wanted), time.monotonic()
    rounds = ROUNDS if count > 100 * ROUNDS and door != "folder" else 1
    for _ in range(rounds):
        attack(plant, draw, max(count // rounds, 1))
        plant.look(door)
    seconds = time.monotonic() - began
    late = sorted(plant.seconds)
    slow = f"{1000 * late[int(0.99 * (len(late) - 1))]:.0f}" if late else ""
    print(
        f"{door}: {count} messages, {seconds:.0f} s, {len(plant.faults) - faults} faults, MB:"
        f" {', '.join(f'{m:.0f}' for m in plant.memory[-rounds:])}",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    if plant.traced:
        print(plant.trace(), file=sys.stderr, flush=True)
    return (
        f"| {WORDS[door]} | {count:,} | {len(plant.wanted) - goods:,} | {slow} |"
        f" {plant.memory[-1]:.0f} | {len(plant.faults) - faults} |"
    )


def table(plant: Plant, rows: list[str], total: int, seconds: float) -> str:
    """The file of docs/tables."""
    verdicts = ", ".join(f"{plant.counts[v]:,} {v}" for v in ("ACCEPT", "REJECT", "NO VERDICT"))
    head = (
        "| door | hostile messages | good parts between | their answer, p99 ms | memory then, MB |"
    )
    return "\n".join([
        f"{head} faults |", "|---|---|---|---|---|---|", *rows, "",
        f"{total:,} messages in {seconds / 60:.0f} minutes on a busy core;"
        f" {plant.counts['records']:,} records ({verdicts}), all of them read again; good parts"
        f" alone, p99 {plant.alone:.0f} ms; memory {plant.memory[0]:.0f} MB at the start, at most"
        f" {max(plant.memory):.0f} MB; {len(plant.faults)} faults.", "",
    ])  # fmt: skip


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=1_000_000, help="messages in all")
    parser.add_argument("--door", action="append", choices=list(SHARES), help="all where left out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", action="store_true", help="say what the memory is made of")
    parser.add_argument("--write", action="store_true", help="the table of the docs")
    args = parser.parse_args()
    doors, began = args.door or list(SHARES), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sna-hostile-") as folder:
        plant, rows = attacked(Path(folder), args.times, doors, args.seed, traced=args.trace)
    text = table(plant, rows, args.times, time.monotonic() - began)
    if args.write:
        TABLE.write_text(text)
    print(text)
    print("\n".join(filter(None, plant.faults)))
    print(f"soak_hostile: {args.times} messages, seed {args.seed}, {len(plant.faults)} faults")
    return bool(plant.faults)


if __name__ == "__main__":
    sys.exit(main())
