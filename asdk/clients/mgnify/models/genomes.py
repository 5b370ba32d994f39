"""Genomes, their catalogues, and their links to assemblies: the replies of `Genomes`, `Catalogues` and `Assemblies`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.clients.mgnify.models.common import Biome, DownloadFile
from asdk.models.declaration import OpenEnum, model


class GenomeType(OpenEnum):
    """Where a genome comes from: assembled from a metagenome, or from an isolate."""

    MAG = "MAG"
    ISOLATE = "Isolate"


class CatalogueStatus(OpenEnum):
    """How far a catalogue is."""

    DRAFT = "draft"
    READY = "ready"
    PUBLISHED = "published"
    RETIRED = "retired"


class CatalogueType(OpenEnum):
    """What lives in a catalogue."""

    PROKARYOTES = "prokaryotes"
    EUKARYOTES = "eukaryotes"
    VIRUSES = "viruses"


@model
class Catalogue:
    """A catalogue of genomes from one biome. ``catalogue_id`` is such as ``"human-gut-v2-0-2"``."""

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
    """A genome, which stands for its species in its catalogue. ``accession`` is ``MGYG`` and nine digits.

    Attributes:
        length: in base pairs; so is ``n_50``.
        gc_content: in percent; so are ``completeness`` and ``contamination``.
        num_genomes_total: how many genomes of the species there are.
        taxon_lineage: ranks from domain to species, as in ``"d__Bacteria;p__Bacillota;..."``.
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
    """A genome with its catalogue, its files and its figures.

    Attributes:
        rna_5s: how much of the gene was found, in percent; so are the other ``rna_`` fields.
        trnas: how many tRNAs there are; ``nc_rnas`` counts other non-coding RNAs.
        eggnog_coverage: proteins with an eggNOG annotation, in percent; ``ipr_coverage`` of InterPro.
        pangenome_size: in genes; so are its core and its accessory part.
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
    """What is known of a genome's genes, by the name of the method."""

    accession: str
    annotations: dict[str, Any]


@model
class LinkedGenome:
    """A genome as an assembly's links show it."""

    accession: str
    catalogue_id: str | None
    taxon_lineage: str | None
    ena_genome_accession: str | None
    catalogue_version: str | None = None


@model
class GenomeLink:
    """A genome that was made from an assembly: as species representative, or as the MAG that it clusters with."""

    genome: LinkedGenome
    updated_at: datetime | None
    species_rep: str | None = None
    mag_accession: str | None = None


@model
class ContainedGenome:
    """A genome that was found inside an assembly. ``containment`` and ``cani`` (identity) go from 0 to 1."""

    genome: LinkedGenome
    updated_at: datetime | None
    run_accession: str | None = None
    containment: float | None = None
    cani: float | None = None
