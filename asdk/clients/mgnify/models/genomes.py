"""Models of genomes, catalogues and links to assemblies. Returned by `Genomes`, `Catalogues` and `Assemblies`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import OpenEnum, model
from asdk.clients.mgnify.models.common import Biome, DownloadFile


class GenomeType(OpenEnum):
    """The origin of a genome: a metagenome (MAG) or an isolate."""

    MAG = "MAG"
    ISOLATE = "Isolate"


class CatalogueStatus(OpenEnum):
    """The publication status of a catalogue."""

    DRAFT = "draft"
    READY = "ready"
    PUBLISHED = "published"
    RETIRED = "retired"


class CatalogueType(OpenEnum):
    """The kind of organisms in a catalogue."""

    PROKARYOTES = "prokaryotes"
    EUKARYOTES = "eukaryotes"
    VIRUSES = "viruses"


@model
class Catalogue:
    """A catalogue of genomes from one biome. ``catalogue_id`` is an id such as ``"human-gut-v2-0-2"``."""

    catalogue_id: str
    version: str
    name: str
    status: CatalogueStatus
    description: str | None
    protein_catalogue_description: str | None
    updated_at: datetime
    result_directory: str | None
    unclustered_genome_count: int | None
    ftp_url: str
    pipeline_version_tag: str
    catalogue_biome_label: str
    catalogue_type: CatalogueType
    other_stats: dict[str, Any] | None
    downloads: list[DownloadFile]
    genome_count: int | None = None
    protein_catalogue_name: str | None = None
    biome: Biome | None = None


@model
class Genome:
    """A genome that represents its species in a catalogue. ``accession`` is ``MGYG`` and nine digits.

    Attributes:
        length: the length in base pairs, like ``n_50``.
        gc_content: the GC content in percent, like ``completeness`` and ``contamination``.
        num_genomes_total: the number of genomes of the species.
        taxon_lineage: the ranks from domain to species, as in ``"d__Bacteria;p__Bacillota;..."``.
    """

    accession: str
    catalogue_id: str
    type: GenomeType
    taxon_lineage: str
    length: int
    num_contigs: int
    n_50: int
    gc_content: float
    completeness: float
    contamination: float
    updated_at: datetime
    geographic_origin: str | None
    ena_genome_accession: str | None
    ena_sample_accession: str | None
    ena_study_accession: str | None
    ncbi_genome_accession: str | None
    ncbi_study_accession: str | None
    img_genome_accession: str | None
    patric_genome_accession: str | None
    num_genomes_total: int | None = None
    geographic_range: list[str] | None = None
    biome: Biome | None = None


@model
class GenomeDetail(Genome):
    """A genome with its catalogue, files and statistics.

    Attributes:
        rna_5s: the share of the gene that was found, in percent, like the other ``rna_`` fields.
        trnas: the number of tRNAs; ``nc_rnas`` counts other non-coding RNAs.
        eggnog_coverage: the share of proteins with an eggNOG annotation, in percent; ``ipr_coverage`` is the same for
            InterPro.
        pangenome_size: the number of genes, like the sizes of the core and accessory parts.
    """

    downloads: list[DownloadFile]
    catalogue: Catalogue | None = None
    rna_5s: float | None = None
    rna_5_8s: float | None = None
    rna_16s: float | None = None
    rna_18s: float | None = None
    rna_23s: float | None = None
    rna_28s: float | None = None
    trnas: float | None = None
    nc_rnas: float | None = None
    eggnog_coverage: float | None = None
    ipr_coverage: float | None = None
    num_proteins: int | None = None
    pangenome_size: int | None = None
    pangenome_core_size: int | None = None
    pangenome_accessory_size: int | None = None


@model
class GenomeAnnotations:
    """The annotations of a genome's genes, by name of the method."""

    accession: str
    annotations: dict[str, Any]


@model
class LinkedGenome:
    """A genome in the links of an assembly."""

    accession: str
    catalogue_id: str | None
    taxon_lineage: str | None
    ena_genome_accession: str | None
    catalogue_version: str | None = None


@model
class GenomeLink:
    """A genome built from an assembly, as a species representative or as a MAG in its cluster."""

    genome: LinkedGenome
    updated_at: datetime | None
    species_rep: str | None = None
    mag_accession: str | None = None


@model
class ContainedGenome:
    """A genome found in an assembly. ``containment`` and ``cani`` (identity) range from 0 to 1."""

    genome: LinkedGenome
    updated_at: datetime | None
    run_accession: str | None = None
    containment: float | None = None
    cani: float | None = None
