"""Models of studies, samples, runs, assemblies and analyses, returned by the operations of the same names.

Lists contain fewer fields of a record than its detail does; the detail models extend the list models. ``metadata`` has
no fixed schema: its content depends on the archive that the record comes from.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import OpenEnum, model
from asdk.clients.mgnify.models.common import Biome, DownloadFile, PipelineVersion


@model
class Study:
    """A study. ``accession`` is ``MGYS`` and digits; ``ena_accessions`` are those of the archive."""

    accession: str
    ena_accessions: list[str]
    title: str
    biome: Biome | None
    updated_at: datetime
    metadata: dict[str, Any]


@model
class StudyDetail(Study):
    """A study with its files. ``first_accession`` is the accession under which it was first submitted."""

    downloads: list[DownloadFile]
    first_accession: str | None = None


@model
class StudyAccession:
    """The MGnify accession of a study in the archive."""

    accession: str


@model
class Sample:
    """A sample, with its accessions in the archive."""

    accession: str
    ena_accessions: list[str]
    sample_title: str | None
    biome: Biome | None
    updated_at: datetime


@model
class SampleWithMetadata(Sample):
    """A sample in the list of one study."""

    metadata: dict[str, Any]


@model
class SampleDetail(SampleWithMetadata):
    """A sample with the studies that it belongs to."""

    studies: list[Study]


@model
class Run:
    """A sequencing run. ``experiment_type`` is spelled out, as in ``"Metagenomic"``."""

    experiment_type: str
    instrument_model: str | None
    instrument_platform: str | None
    accession: str | None = None
    sample_accession: str | None = None
    study_accession: str | None = None


@model
class RunDetail(Run):
    """A run with its sample and study."""

    sample: Sample | None
    study: Study | None


@model
class Assembly:
    """An assembly of reads. ``accession`` is ``ERZ`` and digits."""

    updated_at: datetime
    accession: str | None = None


@model
class AssemblyDetail(Assembly):
    """An assembly with its origin and its assembler."""

    run_accession: str | None = None
    sample_accession: str | None = None
    reads_study_accession: str | None = None
    assembly_study_accession: str | None = None
    assembler_name: str | None = None
    assembler_version: str | None = None
    metadata: dict[str, Any] | None = None
    status: dict[str, Any] | None = None


@model
class Analysis:
    """The result of the pipeline for a run or an assembly. ``accession`` is ``MGYA`` and digits."""

    accession: str
    experiment_type: str
    study_accession: str
    run: Run | None
    sample: Sample | None
    assembly: Assembly | None
    pipeline_version: PipelineVersion | None


@model
class AnalysisDetail(Analysis):
    """An analysis with its files and its quality control.

    Attributes:
        results_dir: the folder of all its files.
        quality_control_summary: counts of reads and bases, before and after filtering.
    """

    read_run: list[Run] | None
    quality_control_summary: dict[str, Any] | None
    downloads: list[DownloadFile] | None = None
    results_dir: str | None = None
    metadata: dict[str, Any] | None = None


@model
class AnalysisWithAnnotations(AnalysisDetail):
    """An analysis with all its annotations; ``analyses.typed_annotations`` returns one type at a time."""

    annotations: dict[str, Any]


class AnnotationType(OpenEnum):
    """The types of annotations that can be fetched separately."""

    TAXONOMIES_SSU = "taxonomies__ssu"
    TAXONOMIES_LSU = "taxonomies__lsu"
    TAXONOMIES_ITS_ONE_DB = "taxonomies__its_one_db"
    TAXONOMIES_UNITE = "taxonomies__unite"
    TAXONOMIES_PR2 = "taxonomies__pr2"
    TAXONOMIES_DADA2_PR2 = "taxonomies__dada2_pr2"
    TAXONOMIES_DADA2_SILVA = "taxonomies__dada2_silva"
    PFAMS = "pfams"


@model
class TypedAnnotation:
    """The count of an organism, given by its lineage, or of a protein family, given by its description."""

    count: int | None = None
    description: str | None = None
    organism: str | None = None
