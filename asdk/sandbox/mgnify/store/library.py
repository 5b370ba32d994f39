"""`Library`: all records by accession, drawn from a seed, so that each run gets the same ones.

Public studies have no owner; two accounts have private ones, with samples, runs and analyses.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import attrs

from asdk.sandbox.mgnify.jsontypes import Json
from asdk.sandbox.mgnify.store import files
from asdk.sandbox.mgnify.store.records import (
    ANNOTATION_TYPES,
    PIPELINES,
    Analysis,
    Assembly,
    Biome,
    Catalogue,
    Genome,
    Publication,
    Run,
    Sample,
    Study,
    SuperStudy,
)

_LINEAGES = (
    "root",
    "root:Engineered",
    "root:Engineered:Food production",
    "root:Engineered:Wastewater",
    "root:Environmental",
    "root:Environmental:Aquatic",
    "root:Environmental:Aquatic:Freshwater",
    "root:Environmental:Aquatic:Marine",
    "root:Environmental:Terrestrial",
    "root:Environmental:Terrestrial:Soil",
    "root:Host-associated",
    "root:Host-associated:Human",
    "root:Host-associated:Human:Digestive system",
    "root:Host-associated:Human:Digestive system:Large intestine",
    "root:Host-associated:Mammals",
)
_TITLES = {
    "Food production": "Cheese rind microbiome",
    "Wastewater": "Activated sludge survey",
    "Freshwater": "Lake water metagenomes",
    "Marine": "Ocean surface metagenomes",
    "Soil": "Grassland soil microbiome",
    "Large intestine": "Human gut metagenome",
    "Mammals": "Cattle rumen microbiome",
}
_INSTRUMENTS = (("Illumina NovaSeq 6000", "ILLUMINA"), ("MinION", "OXFORD_NANOPORE"), ("Illumina MiSeq", "ILLUMINA"))
_SPECIES = (
    "d__Bacteria;p__Bacteroidota;c__Bacteroidia;o__Bacteroidales;f__Bacteroidaceae;g__Bacteroides",
    "d__Bacteria;p__Bacillota;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__Roseburia",
    "d__Bacteria;p__Pseudomonadota;c__Gammaproteobacteria;o__Enterobacterales;f__Enterobacteriaceae;g__Escherichia",
    "d__Archaea;p__Methanobacteriota;c__Methanobacteria;o__Methanobacteriales;f__Methanobacteriaceae;g__Methanobrevibacter",
)
_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_GENOMES = {"human-gut-v2-0-2": 120, "marine-v2-0": 30}


@attrs.define(eq=False)
class Library:
    """Records of one server."""

    biomes: dict[str, Biome]
    studies: dict[str, Study] = attrs.field(factory=dict[str, Study])
    samples: dict[str, Sample] = attrs.field(factory=dict[str, Sample])
    runs: dict[str, Run] = attrs.field(factory=dict[str, Run])
    assemblies: dict[str, Assembly] = attrs.field(factory=dict[str, Assembly])
    analyses: dict[str, Analysis] = attrs.field(factory=dict[str, Analysis])
    publications: dict[int, Publication] = attrs.field(factory=dict[int, Publication])
    catalogues: dict[str, Catalogue] = attrs.field(factory=dict[str, Catalogue])
    super_studies: dict[str, SuperStudy] = attrs.field(factory=dict[str, SuperStudy])

    @property
    def genomes(self) -> Iterator[Genome]:
        """Return all genomes; an accession may appear in several catalogues."""
        for catalogue in self.catalogues.values():
            yield from catalogue.genomes


def build(seed: int, *, studies: int, private: Mapping[str, int]) -> Library:
    """Draw a library.

    Args:
        seed: the same seed draws the same library.
        studies: number of public studies.
        private: number of private studies of each account.
    """
    library = Library({lineage: Biome(lineage) for lineage in _LINEAGES})
    draw = random.Random(f"mgnify library:{seed}")
    for _ in range(studies):
        _add_study(library, draw, None)
    for owner, count in private.items():
        for _ in range(count):
            _add_study(library, draw, owner)
    _add_publications(library, draw)
    _add_catalogues(library, draw)
    _add_super_studies(library)
    return library


def _add_study(library: Library, draw: random.Random, owner: str | None) -> None:
    number = len(library.studies) + 1
    biome = library.biomes[draw.choice([lineage for lineage in _LINEAGES if _name(lineage) in _TITLES])]
    title = f"{_TITLES[biome.name]} {number}"
    metadata: Json = {"study_title": title, "center_name": draw.choice(["EBI", "NASA", "JGI"])}
    metadata["study_description"] = f"Samples from {biome.name.lower()}, sequenced to see what lives there."
    study = Study(
        owner=owner,
        accession=f"MGYS{number:08d}",
        ena_accessions=[f"ERP{100000 + number}", f"PRJEB{20000 + number}"],
        title=title,
        biome=biome,
        updated_at=_day(draw),
        metadata=metadata,
        files=files.of_study(f"MGYS{number:08d}"),
    )
    library.studies[study.accession] = study
    for _ in range(1 + number % 3):
        _add_sample(library, draw, study)


def _add_sample(library: Library, draw: random.Random, study: Study) -> None:
    number = len(library.samples) + 1
    sample = Sample(
        owner=study.owner,
        accession=f"SAMEA{1000000 + number}",
        ena_accessions=[f"ERS{500000 + number}", f"SAMEA{1000000 + number}"],
        title=None if number % 17 == 0 else f"{study.title}, sample {len(study.samples) + 1}",
        biome=study.biome,
        updated_at=study.updated_at,
        metadata={
            "collection_date": "2023-06-01",
            "lat_lon": f"{draw.uniform(-60, 60):.2f}, {draw.uniform(0, 180):.2f}",
        },
        studies=[study],
    )
    library.samples[sample.accession] = sample
    study.samples.append(sample)
    _add_run(library, draw, study, sample)


def _add_run(library: Library, draw: random.Random, study: Study, sample: Sample) -> None:
    number = len(library.runs) + 1
    model, platform = draw.choice(_INSTRUMENTS)
    run = Run(
        owner=study.owner,
        accession=f"ERR{3000000 + number}",
        experiment=draw.choice(["METAG", "METAG", "AMPLI", "METAT", "METAB"]),
        sample=sample,
        study=study,
        instrument_model=model,
        instrument_platform=platform,
    )
    library.runs[run.accession] = run
    sample.runs.append(run)
    _add_analysis(library, draw, run, None)
    if number % 3 == 1:
        assembly = Assembly(
            owner=study.owner,
            accession=f"ERZ{700000 + number}",
            updated_at=study.updated_at,
            run=run,
            assembler=draw.choice([("metaSPAdes", "3.15.5"), ("MEGAHIT", "1.2.9")]),
            status={"assembly_completed": True, "assembly_uploaded": True},
        )
        library.assemblies[assembly.accession] = assembly
        run.assemblies.append(assembly)
        sample.assemblies.append(assembly)
        _add_analysis(library, draw, run, assembly)


def _add_analysis(library: Library, draw: random.Random, run: Run, assembly: Assembly | None) -> None:
    number = len(library.analyses) + 1
    accession = f"MGYA{number:08d}"
    before = draw.randrange(1_000_000, 9_000_000)
    analysis = Analysis(
        owner=run.owner,
        accession=accession,
        study=run.study,
        sample=run.sample,
        run=run if assembly is None else None,
        assembly=assembly,
        pipeline=draw.choice(PIPELINES[4:]),
        experiment=run.experiment if assembly is None else "ASSEM",
        files=files.of_analysis(accession),
        quality={"before_filtering": {"total_bases": before}, "after_filtering": {"total_bases": int(before * 0.9)}},
        # The first one has more than one page of them.
        annotations=_annotations(draw, 120 if number == 1 else 5),
    )
    library.analyses[accession] = analysis
    run.study.analyses.append(analysis)
    (run.analyses if assembly is None else assembly.analyses).append(analysis)


def _annotations(draw: random.Random, pfams: int) -> dict[str, list[Json]]:
    organisms = [f"sk__Bacteria;p__{name}" for name in ("Bacteroidota", "Bacillota", "Pseudomonadota")]
    taxa: list[Json] = [{"count": draw.randrange(1, 5000), "organism": name, "description": None} for name in organisms]
    families: list[Json] = [
        {"count": draw.randrange(1, 900), "organism": None, "description": f"PF{5000 + number:05d}"}
        for number in range(pfams)
    ]
    found = {"taxonomies__ssu": taxa, "taxonomies__lsu": taxa[:2], "pfams": families}
    return {name: found.get(name, []) for name in ANNOTATION_TYPES}


def _add_publications(library: Library, draw: random.Random) -> None:
    public = [study for study in library.studies.values() if study.owner is None]
    for number, study in enumerate(public[::4], start=1):
        publication = Publication(
            pubmed_id=30_000_000 + number,
            title=f"What lives there: {study.title.lower()}",
            year=None if number % 13 == 0 else 2010 + draw.randrange(15),
            metadata={"journal": "Microbiome", "authors": "Chen S, Diaz M"},
            studies=[study],
        )
        library.publications[publication.pubmed_id] = publication
        study.publications.append(publication)


def _add_catalogues(library: Library, draw: random.Random) -> None:
    places = {
        "human-gut-v2-0-2": ("Unified Human Gastrointestinal Genome", "root:Host-associated:Human:Digestive system"),
        "marine-v2-0": ("Marine", "root:Environmental:Aquatic:Marine"),
    }
    public = [assembly for assembly in library.assemblies.values() if assembly.owner is None]
    for catalogue_id, (name, lineage) in places.items():
        catalogue = library.catalogues[catalogue_id] = Catalogue(
            catalogue_id=catalogue_id,
            name=name,
            version=catalogue_id.partition("-v")[2].replace("-", "."),
            biome=library.biomes[lineage],
            updated_at=_day(draw),
            files=files.of_catalogue(catalogue_id),
        )
        for number in range(_GENOMES[catalogue_id]):
            _add_genome(catalogue, draw, number)
            if public:
                assembly, genome = public[number % len(public)], catalogue.genomes[-1]
                assembly.genomes.append(genome)
                assembly.contained.append((genome, round(draw.uniform(0.5, 1), 3), round(draw.uniform(0.9, 1), 4)))


def _add_genome(catalogue: Catalogue, draw: random.Random, number: int) -> None:
    # Five genomes appear in both catalogues.
    first = 1 if catalogue.catalogue_id.startswith("human") or number < 5 else 500
    accession = f"MGYG{first + number:09d}"
    catalogue.genomes.append(
        Genome(
            accession=accession,
            catalogue=catalogue,
            length=draw.randrange(900_000, 6_000_000),
            kind=draw.choice(["MAG", "Isolate"]),
            completeness=round(draw.uniform(80, 100), 2),
            contamination=round(draw.uniform(0, 5), 2),
            genomes_total=draw.randrange(1, 400),
            taxon_lineage=f"{draw.choice(_SPECIES)};s__",
            origin=draw.choice(["Europe", "Asia", None]),
            updated_at=catalogue.updated_at,
            files=files.of_genome(accession),
        )
    )


def _add_super_studies(library: Library) -> None:
    public = [study for study in library.studies.values() if study.owner is None]
    for slug, title in {"atlas-of-the-gut": "Atlas of the gut", "ocean-survey": "Ocean survey"}.items():
        library.super_studies[slug] = SuperStudy(
            slug=slug,
            title=title,
            description=f"{title}: what belongs together.",
            flagship=public[:2],
            related=public[2:5],
            catalogues=list(library.catalogues.values())[:1],
        )


def _name(lineage: str) -> str:
    return lineage.rpartition(":")[2]


def _day(draw: random.Random) -> str:
    moment = _FIRST_DAY + timedelta(minutes=draw.randrange(500_000))
    return moment.isoformat().replace("+00:00", "Z")
