"""Runs in an environment with the vendor's package mgnipy 0.3.0: reads all it can, and writes it to a file.

`test_mgnify_vendor` starts it with BASE_URL, AUTH_TOKEN and CACHE_DIR in its environment, as the package wants them.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mgnipy import MGnipy

LISTS = ("studies", "samples", "runs", "assemblies", "analyses", "publications", "genomes", "catalogues", "biomes")
DETAILS = {
    "study": "MGYS00000001",
    "sample": "SAMEA1000001",
    "run": "ERR3000001",
    "assembly": "ERZ700001",
    "analysis": "MGYA00000001",
    "publication": "30000001",
    "genome": "MGYG000000001",
    "catalogue": "marine-v2-0",
}
RELATIONS = {
    "study": ("samples", "analyses", "publications"),
    "sample": ("runs", "assemblies"),
    "run": ("analyses", "assemblies"),
    "assembly": ("genomes", "analyses"),
}


def main() -> None:
    client = MGnipy(
        base_url=os.environ["BASE_URL"], auth_token=os.environ["AUTH_TOKEN"], cache_dir=os.environ["CACHE_DIR"]
    )
    found: dict[str, Any] = {}
    for name in LISTS:
        found[name] = attempt(getattr(client, name).get)
    for name, key in DETAILS.items():
        found[name] = attempt(getattr(client, name)(key).get)
        for relation in RELATIONS.get(name, ()):
            found[f"{name}.{relation}"] = attempt(partial(related, client, name, key, relation))
    found["private_studies"] = attempt(client.private_studies.get)
    gut = client.studies.filter(search="gut", order="-accession", page_size=20)
    found["studies.filter"] = attempt(partial(gut.page, 2))
    found["studies.get_all"] = attempt(partial(every, client.studies.filter(search="gut", page_size=10)))
    found["studies[1]"] = attempt(partial(indexed, client.studies, 1))
    Path(sys.argv[1]).write_text(json.dumps(found, default=str))


def related(client: Any, name: str, key: str, relation: str) -> Any:
    detail = getattr(client, name)(key)
    detail.get()
    return getattr(detail, relation).search_results.to_list()


def every(collection: Any) -> Any:
    collection.get_all()
    return collection.search_results.to_list()


def indexed(collection: Any, index: int) -> Any:
    detail = collection[index]
    return detail.get()


def attempt(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
