"""Records of MGnify, linked to each other as objects. `shapes` turns them into JSON."""

import random
from functools import cache

import attrs

from asdk.sandbox.mgnify.jsontypes import Json

PIPELINES = ("V1", "V2", "V3", "V4", "V4.1", "V5", "V6", "V6.1")
EXPERIMENT_TYPES = {
    "METAT": "Metatranscriptomic",
    "METAG": "Metagenomic",
    "AMPLI": "Amplicon",
    "ASSEM": "Assembly",
    "HYASS": "Hybrid assembly",
    "LRASS": "Long-read assembly",
    "METAB": "Metabarcoding",
    "UNKNO": "Unknown",
}
TAXONOMIES = ("ssu", "lsu", "its_one_db", "unite", "pr2", "dada2_pr2", "dada2_silva")
ANNOTATION_TYPES = (*(f"taxonomies__{name}" for name in TAXONOMIES), "pfams")


@attrs.define(eq=False, kw_only=True)
class Record:
    """Base of all records."""

    owner: str | None = None
    """Webin id of the only account that may see it; None: public."""


@attrs.frozen
class File:
    """File of a record, stored under the record's accession."""

    alias: str
    file_type: str
    download_type: str
    short_description: str
    download_group: str | None


@attrs.define(eq=False)
class Biome:
    lineage: str

    @property
    def name(self) -> str:
        return self.lineage.rpartition(":")[2]

    @property
    def depth(self) -> int:
        return self.lineage.count(":") + 1

    def is_within(self, lineage: str | None) -> bool:
        """Return whether this is the biome of a lineage or below it; every biome is within None."""
        return not lineage or f"{self.lineage}:".startswith(f"{lineage.rstrip(':')}:")


@attrs.define(eq=False, kw_only=True)
class Study(Record):
    accession: str
    ena_accessions: list[str]
    title: str
    biome: Biome | None
    updated_at: str
    metadata: Json
    files: list[File] = attrs.field(factory=list[File])
    samples: "list[Sample]" = attrs.field(factory=list["Sample"], repr=False)
    analyses: "list[Analysis]" = attrs.field(factory=list["Analysis"], repr=False)
    publications: "list[Publication]" = attrs.field(factory=list["Publication"], repr=False)


@attrs.define(eq=False, kw_only=True)
class Sample(Record):
    accession: str
    ena_accessions: list[str]
    title: str | None
    biome: Biome | None
    updated_at: str
    metadata: Json
    studies: list[Study] = attrs.field(factory=list[Study], repr=False)
    runs: "list[Run]" = attrs.field(factory=list["Run"], repr=False)
    assemblies: "list[Assembly]" = attrs.field(factory=list["Assembly"], repr=False)


@attrs.define(eq=False, kw_only=True)
class Run(Record):
    accession: str
    experiment: str
    """One of the codes of `EXPERIMENT_TYPES`."""
    sample: Sample
    study: Study
    instrument_model: str | None
    instrument_platform: str | None
    assemblies: "list[Assembly]" = attrs.field(factory=list["Assembly"], repr=False)
    analyses: "list[Analysis]" = attrs.field(factory=list["Analysis"], repr=False)


@attrs.define(eq=False, kw_only=True)
class Assembly(Record):
    accession: str
    updated_at: str
    run: Run
    assembler: tuple[str, str]
    """Name and version."""
    status: Json
    analyses: "list[Analysis]" = attrs.field(factory=list["Analysis"], repr=False)
    genomes: "list[Genome]" = attrs.field(factory=list["Genome"], repr=False)
    """Genomes that were made from it."""
    contained: "list[tuple[Genome, float, float]]" = attrs.field(
        factory=list["tuple[Genome, float, float]"], repr=False
    )
    """Genomes found inside it, with containment and average nucleotide identity."""


@attrs.define(eq=False, kw_only=True)
class Analysis(Record):
    accession: str
    study: Study
    sample: Sample
    run: Run | None
    """None for an analysis of an assembly."""
    assembly: Assembly | None
    pipeline: str
    experiment: str
    files: list[File]
    quality: Json
    annotations: dict[str, list[Json]]
    """By the names of `ANNOTATION_TYPES`; a missing type has no annotations."""


@attrs.define(eq=False, kw_only=True)
class Publication(Record):
    pubmed_id: int
    title: str
    year: int | None
    metadata: Json
    studies: list[Study] = attrs.field(factory=list[Study], repr=False)


@attrs.define(eq=False, kw_only=True)
class Catalogue(Record):
    catalogue_id: str
    name: str
    version: str
    biome: Biome
    updated_at: str
    files: list[File]
    genomes: "list[Genome]" = attrs.field(factory=list["Genome"], repr=False)


@attrs.define(eq=False, kw_only=True)
class Genome(Record):
    accession: str
    catalogue: Catalogue
    length: int
    kind: str
    completeness: float
    contamination: float
    genomes_total: int
    taxon_lineage: str
    origin: str | None
    updated_at: str
    files: list[File]

    @property
    def sequence(self) -> str:
        """Return a short substitute for the genome, for searches; ``length`` is invented, as large as a real one."""
        return _sequence(self.accession)


@cache
def _sequence(accession: str) -> str:
    return "".join(random.Random(f"genome {accession}").choices("ACGT", k=1200))


@attrs.define(eq=False, kw_only=True)
class SuperStudy(Record):
    slug: str
    title: str
    description: str
    flagship: list[Study]
    related: list[Study]
    catalogues: list[Catalogue]
