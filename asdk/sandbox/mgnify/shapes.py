"""Records as JSON in the server's shapes: one function per shape, with every key that the server sends.

Lists contain less of a record than its own page; the longer shapes build on the shorter ones.
"""

import attrs

from asdk.sandbox.mgnify.jsontypes import Json
from asdk.sandbox.mgnify.store import files
from asdk.sandbox.mgnify.store.links import Links
from asdk.sandbox.mgnify.store.records import (
    EXPERIMENT_TYPES,
    Analysis,
    Assembly,
    Biome,
    Catalogue,
    File,
    Genome,
    Publication,
    Run,
    Sample,
    Study,
    SuperStudy,
)


@attrs.frozen
class Shapes:
    """Shapes that contain links to files and therefore depend on the request."""

    links: Links
    origin: str

    def file(self, file: File, parent: str, *, private: bool = False) -> Json:
        """Return a file's entry. Its path on the server's disk and its owner are not part of replies."""
        entry: Json = {
            "alias": file.alias,
            "download_type": file.download_type,
            "download_group": file.download_group,
            "file_type": file.file_type,
            "short_description": file.short_description,
            "long_description": f"{file.short_description} of {parent}",
            "file_size_bytes": len(files.content(file.alias)),
            "url": self._url(parent, file.alias, private),
        }
        return entry

    def indexed_file(self, file: File, parent: str, *, private: bool) -> Json:
        """Return the entry of a file of a study or an analysis: only these list index files."""
        alias = files.index_alias(file)
        indexes = [{"index_type": "fai", "url": self._url(parent, alias, private)}] if alias is not None else None
        return self.file(file, parent, private=private) | {"index_files": indexes}

    def study_detail(self, record: Study) -> Json:
        private = record.owner is not None
        return study(record) | {
            "first_accession": record.ena_accessions[0],
            "downloads": [self.indexed_file(file, record.accession, private=private) for file in record.files],
        }

    def analysis_detail(self, record: Analysis) -> Json:
        private = record.owner is not None
        return analysis(record) | {
            "downloads": [self.indexed_file(file, record.accession, private=private) for file in record.files],
            "read_run": None if record.run is None else [run(record.run)],
            "quality_control_summary": record.quality,
            "results_dir": f"{self.origin}{self.links.path(record.accession, '', private=False)}",
            "metadata": {"marker_gene_summary": {"ssu": {"total_read_count": 11}}},
        }

    def analysis_with_annotations(self, record: Analysis) -> Json:
        taxonomies = {name.partition("__")[2]: found for name, found in record.annotations.items() if "__" in name}
        annotations = {"taxonomies": taxonomies, "pfams": record.annotations["pfams"]}
        return self.analysis_detail(record) | {"annotations": annotations}

    def catalogue(self, record: Catalogue) -> Json:
        return {
            "catalogue_id": record.catalogue_id,
            "version": record.version,
            "name": record.name,
            "status": "published",
            "description": f"Genomes of {record.biome.name.lower()}.",
            "protein_catalogue_name": None,
            "protein_catalogue_description": None,
            "updated_at": record.updated_at,
            "result_directory": f"genomes/{record.catalogue_id}",
            "genome_count": len(record.genomes),
            "unclustered_genome_count": 10 * len(record.genomes),
            "ftp_url": f"{self.origin}{self.links.path(record.catalogue_id, '', private=False)}",
            "pipeline_version_tag": "v2.5",
            "catalogue_biome_label": record.biome.name,
            "catalogue_type": "prokaryotes",
            "other_stats": {"Total proteins": "12,345,678"},
            "biome": biome(record.biome),
            "downloads": [self.file(file, record.catalogue_id) for file in record.files],
        }

    def genome_detail(self, record: Genome) -> Json:
        counts = {"rna_5s": 40.0, "rna_5_8s": None, "rna_16s": 99.5, "rna_18s": None, "rna_23s": 98.1, "rna_28s": None}
        return genome(record) | {
            **counts,
            "trnas": 20.0,
            "nc_rnas": 58.0,
            "eggnog_coverage": 91.2,
            "ipr_coverage": 84.7,
            "num_proteins": record.length // 1000,
            "pangenome_size": record.length // 700,
            "pangenome_core_size": record.length // 1500,
            "pangenome_accessory_size": record.length // 1400,
            "downloads": [self.file(file, record.accession) for file in record.files],
            "catalogue": self.catalogue(record.catalogue),
        }

    def super_study_detail(self, record: SuperStudy) -> Json:
        return super_study(record) | {
            "flagship_studies": [study(item) for item in record.flagship],
            "related_studies": [study(item) for item in record.related],
            "genome_catalogues": [self.catalogue(item) for item in record.catalogues],
        }

    def _url(self, parent: str, alias: str, private: bool) -> str:
        return f"{self.origin}{self.links.path(parent, alias, private=private)}"


def biome(record: Biome) -> Json:
    return {"biome_name": record.name, "lineage": record.lineage}


def _maybe_biome(record: Biome | None) -> Json | None:
    return None if record is None else biome(record)


def study(record: Study) -> Json:
    return {
        "accession": record.accession,
        "ena_accessions": record.ena_accessions,
        "title": record.title,
        "biome": _maybe_biome(record.biome),
        "updated_at": record.updated_at,
        "metadata": record.metadata,
    }


def sample(record: Sample) -> Json:
    return {
        "accession": record.accession,
        "ena_accessions": record.ena_accessions,
        "sample_title": record.title,
        "biome": _maybe_biome(record.biome),
        "updated_at": record.updated_at,
    }


def sample_with_metadata(record: Sample) -> Json:
    return sample(record) | {"metadata": record.metadata}


def sample_detail(record: Sample) -> Json:
    return sample_with_metadata(record) | {"studies": [study(item) for item in record.studies]}


def run(record: Run) -> Json:
    return {
        "experiment_type": EXPERIMENT_TYPES[record.experiment],
        "accession": record.accession,
        "sample_accession": record.sample.accession,
        "study_accession": record.study.accession,
        "instrument_model": record.instrument_model,
        "instrument_platform": record.instrument_platform,
    }


def run_detail(record: Run) -> Json:
    return run(record) | {"sample": sample(record.sample), "study": study(record.study)}


def assembly(record: Assembly) -> Json:
    return {"accession": record.accession, "updated_at": record.updated_at}


def assembly_detail(record: Assembly) -> Json:
    return assembly(record) | {
        "run_accession": record.run.accession,
        "sample_accession": record.run.sample.accession,
        "reads_study_accession": record.run.study.accession,
        "assembly_study_accession": None,
        "assembler_name": record.assembler[0],
        "assembler_version": record.assembler[1],
        "metadata": {"n50": 1500},
        "status": record.status,
    }


def analysis(record: Analysis) -> Json:
    return {
        "experiment_type": EXPERIMENT_TYPES[record.experiment],
        "study_accession": record.study.accession,
        "accession": record.accession,
        "run": None if record.run is None else run(record.run),
        "sample": sample(record.sample),
        "assembly": None if record.assembly is None else assembly(record.assembly),
        "pipeline_version": record.pipeline,
    }


def publication(record: Publication) -> Json:
    return {
        "pubmed_id": record.pubmed_id,
        "title": record.title,
        "published_year": record.year,
        "metadata": record.metadata,
    }


def publication_detail(record: Publication) -> Json:
    return publication(record) | {"studies": [study(item) for item in record.studies]}


def publication_annotations(record: Publication) -> Json:
    """Return the results of text mining: the same for every publication, except for the title."""
    return {
        "sample_processing": [_mention("Kit", "Kit", "How DNA was extracted", record, "PowerSoil")],
        "other": [_mention("Place", "Place", "Where samples were taken", record, "North Sea")],
    }


def _mention(kind: str, title: str, description: str, record: Publication, exact: str) -> Json:
    found = {
        "exact": exact,
        "id": f"http://europepmc.org/abstract/MED/{record.pubmed_id}#{kind}",
        "prefix": "We used ",
        "postfix": ".",
        "provider": "Metagenomic",
        "type": kind,
        "tags": [{"name": exact, "uri": f"https://example.org/terms/{kind}"}],
        "section": "Methods",
    }
    annotation = {"annotation_text": exact, "mentions": [found]}
    return {"annotation_type": kind, "title": title, "description": description, "annotations": [annotation]}


def genome(record: Genome) -> Json:
    return {
        "accession": record.accession,
        "ena_genome_accession": f"GCA_{record.accession[4:]}",
        "ena_sample_accession": None,
        "ena_study_accession": None,
        "ncbi_genome_accession": None,
        "ncbi_study_accession": None,
        "img_genome_accession": None,
        "patric_genome_accession": None,
        "length": record.length,
        "num_contigs": 1 + record.length % 300,
        "num_genomes_total": record.genomes_total,
        "n_50": record.length // 20,
        "gc_content": round(35 + record.length % 2500 / 100, 2),
        "type": record.kind,
        "completeness": record.completeness,
        "contamination": record.contamination,
        "catalogue_id": record.catalogue.catalogue_id,
        "taxon_lineage": record.taxon_lineage,
        "updated_at": record.updated_at,
        "geographic_origin": record.origin,
        "geographic_range": [] if record.origin is None else [record.origin],
        "biome": biome(record.catalogue.biome),
    }


def genome_with_annotations(record: Genome) -> Json:
    annotations = {
        "kegg_modules": [{"name": "M00001", "count": 9, "description": "Glycolysis"}],
        "cazy": [{"name": "GH", "count": record.length % 90}],
    }
    return {"accession": record.accession, "annotations": annotations}


def _genome_of_assembly(record: Genome) -> Json:
    return {
        "accession": record.accession,
        "catalogue_id": record.catalogue.catalogue_id,
        "taxon_lineage": record.taxon_lineage,
        "catalogue_version": record.catalogue.version,
        "ena_genome_accession": f"GCA_{record.accession[4:]}",
    }


def genome_link(record: Genome) -> Json:
    return {
        "genome": _genome_of_assembly(record),
        "species_rep": record.accession,
        "mag_accession": None,
        "updated_at": record.updated_at,
    }


def contained_genome(found: tuple[Genome, float, float], run_accession: str) -> Json:
    record, containment, cani = found
    return {
        "genome": _genome_of_assembly(record),
        "run_accession": run_accession,
        "containment": containment,
        "cani": cani,
        "updated_at": record.updated_at,
    }


def super_study(record: SuperStudy) -> Json:
    return {"slug": record.slug, "title": record.title, "description": record.description, "logo_url": None}
