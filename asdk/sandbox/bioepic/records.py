"""Seeded records of a server: samples, experiments and data objects."""

import random
from datetime import UTC, datetime, timedelta

from asdk.sandbox.bioepic.filters import Record

_NAMES = (
    "O'Brien Creek core",
    "GC-MS (2009) blank",
    "Rhône delta sediment",
    "East River floodplain soil",
    "Plain name",
)
_STATUSES = ("active", "archived", "pending")
_FIRST_DAY = datetime(2024, 3, 1, tzinfo=UTC)


def draw(seed: int, *, samples: int) -> dict[str, list[Record]]:
    """Return the collections by name, each ordered by id."""
    chance = random.Random(f"bioepic records:{seed}")
    return {
        "samples": [_sample(number, chance) for number in range(1, samples + 1)],
        "experiments": [_experiment(number, chance) for number in range(1, 41)],
        "data_objects": [_data_object(number, chance) for number in range(1, 121)],
    }


def _sample(number: int, chance: random.Random) -> Record:
    record: Record = {
        "id": f"bioepic:sample-{number:04d}",
        "type": "sample",
        "name": f"{_NAMES[number % len(_NAMES)]} {number}",
        "status": chance.choice(_STATUSES),
        "description": None if number % 7 == 0 else f'Taken in plot {number % 12}, "north" side, 5 cm deep.',
        "is_control": number % 10 == 0,
        "collected_at": (_FIRST_DAY + timedelta(hours=number)).isoformat(),
        "tags": chance.sample(["soil", "water", "root", "leaf"], number % 4),
        "metadata": {
            "type": chance.choice(["biological", "technical"]),
            "depth": {"value": round(chance.uniform(0, 2), 2), "unit": "m"},
            "location": {"lat": 38.9 + number / 1000, "lon": -106.9},
        },
        "measurements": [
            {"id": f"bioepic:measurement-{number:04d}-{part}", "value": round(chance.uniform(5, 8), 2)}
            for part in range(1 + number % 2)
        ],
    }
    if number % 3 == 0:
        record["replicate_of"] = f"bioepic:sample-{number - 1:04d}"
    return record


def _experiment(number: int, chance: random.Random) -> Record:
    return {
        "id": f"bioepic:experiment-{number:04d}",
        "type": "experiment",
        "name": f"Experiment {number}",
        "status": chance.choice(_STATUSES),
        "samples": [f"bioepic:sample-{number * 3 + part:04d}" for part in range(3)],
        "replicates": chance.randrange(1, 6),
    }


def _data_object(number: int, chance: random.Random) -> Record:
    return {
        "id": f"bioepic:data-{number:04d}",
        "type": "data_object",
        "name": f"spectra {number}.mzML",
        "file_size_bytes": chance.randrange(10_000, 9_000_000),
        "md5_checksum": f"{chance.getrandbits(128):032x}",
        "generated_by": f"bioepic:experiment-{1 + number % 40:04d}",
    }
