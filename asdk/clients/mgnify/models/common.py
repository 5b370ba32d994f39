"""Models shared by several kinds of records: biomes, files and pipeline versions."""

from __future__ import annotations

from asdk import OpenEnum, model


class PipelineVersion(OpenEnum):
    """The version of MGnify's pipeline that produced an analysis."""

    V1 = "V1"
    V2 = "V2"
    V3 = "V3"
    V4 = "V4"
    V4_1 = "V4.1"
    V5 = "V5"
    V6 = "V6"
    V6_1 = "V6.1"


class ExperimentType(OpenEnum):
    """The type of a sequencing run, as a code for filters. Replies spell it out, as in ``"Metagenomic"``."""

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
    """The content of a file."""

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
    """A habitat of microbes. ``lineage`` is a path such as ``"root:Environmental:Aquatic"``."""

    biome_name: str
    lineage: str | None = None


@model
class IndexFile:
    """An index of a file, of type ``"fai"``, ``"gzi"`` or ``"csi"``. ``path`` is its location on the server."""

    index_type: str
    url: str | None = None
    path: str | None = None


@model
class DownloadFile:
    """A file of a record, which ``mgnify.files`` can download.

    Attributes:
        alias: the name of the file, unique within its record.
        download_group: the group of the file, such as ``"taxonomies.closed_reference.ssu"``.
        file_size_bytes: the stored size; the compressed size of a ``.gz`` file.
        index_files: the indexes of a file of a study or an analysis. Files of other records have ``index_file``, which
            has no URL.
        url: the URL of the file. For a private record it expires after an hour; fetch the record again after that.
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
