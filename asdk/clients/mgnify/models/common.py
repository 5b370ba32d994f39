"""What several families of records share: biomes, files, versions of the pipeline."""

from __future__ import annotations

from asdk.models.declaration import OpenEnum, model


class PipelineVersion(OpenEnum):
    """The version of MGnify's pipeline that made an analysis."""

    V1 = "V1"
    V2 = "V2"
    V3 = "V3"
    V4 = "V4"
    V4_1 = "V4.1"
    V5 = "V5"
    V6 = "V6"
    V6_1 = "V6.1"


class ExperimentType(OpenEnum):
    """What was done in a sequencing run, as filters name it; replies spell it out, as in ``"Metagenomic"``."""

    METATRANSCRIPTOMIC = "METAT"
    METAGENOMIC = "METAG"
    AMPLICON = "AMPLI"
    ASSEMBLY = "ASSEM"
    HYBRID_ASSEMBLY = "HYASS"
    LONG_READ_ASSEMBLY = "LRASS"
    METABARCODING = "METAB"
    UNKNOWN = "UNKNO"


class FileType(OpenEnum):
    """The format of a file."""

    FASTA = "fasta"
    TSV = "tsv"
    BIOM = "biom"
    CSV = "csv"
    JSON = "json"
    SVG = "svg"
    TREE = "tree"
    HTML = "html"
    GFF = "gff"
    OTHER = "other"


class DownloadType(OpenEnum):
    """What a file is about."""

    CODING_SEQUENCES = "Coding Sequences"
    SEQUENCE_DATA = "Sequence data"
    QUALITY_CONTROL = "Quality control"
    FUNCTIONAL_ANALYSIS = "Functional analysis"
    TAXONOMIC_ANALYSIS = "Taxonomic analysis"
    STATISTICS = "Statistics"
    NON_CODING_RNAS = "non-coding RNAs"
    GENOME_ANALYSIS = "Genome analysis"
    ANALYSIS_RO_CRATE = "Analysis RO Crate"
    OTHER = "Other"


@model
class Biome:
    """A place where microbes live. ``lineage`` is a path such as ``"root:Environmental:Aquatic"``."""

    biome_name: str
    lineage: str | None = None


@model
class IndexFile:
    """An index beside a file, of the type ``"fai"``, ``"gzi"`` or ``"csi"``; ``path`` is where the server keeps it."""

    index_type: str
    url: str | None = None
    path: str | None = None


@model
class DownloadFile:
    """A file of a record. ``mgnify.files`` reads it.

    Attributes:
        alias: its name, unique in its record.
        download_group: what it belongs to, such as ``"taxonomies.closed_reference.ssu"``.
        file_size_bytes: as it is stored: of a ``.gz`` the compressed size.
        index_files: indexes of a file of a study or an analysis; ``index_file`` those of others, which have no URL.
        url: where it lies. Of a private record the link is good for an hour; fetch the record again after that.
    """

    alias: str
    file_type: FileType
    download_type: DownloadType
    short_description: str
    long_description: str
    download_group: str | None = None
    file_size_bytes: int | None = None
    index_files: list[IndexFile] | None = None
    index_file: IndexFile | list[IndexFile] | None = None
    url: str | None = None
