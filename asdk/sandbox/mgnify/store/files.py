"""Files of records: their list, and their content, generated when fetched."""

import gzip
import random
from functools import cache

from asdk.sandbox.mgnify.store.records import File

_CONTENT_TYPES = {
    "fasta": "text/x-fasta",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "gff": "text/x-gff3",
}


def of_study(accession: str) -> list[File]:
    return [_file(f"{accession}_taxonomy_summary.tsv", "tsv", "Taxonomic analysis", "Taxa by sample", "study_summary")]


def of_analysis(accession: str) -> list[File]:
    reads = f"{accession}_reads.fasta.gz"
    return [
        _file(reads, "fasta", "Sequence data", "Reads that passed the filters", None),
        _file(
            f"{accession}_taxonomy_ssu.tsv", "tsv", "Taxonomic analysis", "SSU taxa", "taxonomies.closed_reference.ssu"
        ),
    ]


def of_genome(accession: str) -> list[File]:
    return [
        _file(f"{accession}.fna", "fasta", "Genome analysis", "Contigs of the genome", None),
        _file(f"{accession}.gff", "gff", "Genome analysis", "Features of the genome", None),
    ]


def of_catalogue(catalogue_id: str) -> list[File]:
    return [_file(f"{catalogue_id}_metadata.tsv", "tsv", "Genome analysis", "Metadata of all genomes", None)]


def index_alias(file: File) -> str | None:
    """Return the name of the index file, if the file has one."""
    return f"{file.alias}.fai" if file.file_type == "fasta" else None


def content_type(alias: str) -> str:
    """Return the content type that the file server sends: gzip for a ``.gz``."""
    if alias.endswith(".gz"):
        return "application/gzip"
    return _CONTENT_TYPES.get(alias.rpartition(".")[2].replace("fna", "fasta"), "application/octet-stream")


def content(alias: str) -> bytes:
    """Return the bytes of a file, derived from its name: a line with the name, then a part shared by all files."""
    if alias.endswith(".fai"):
        return b"".join(b"seq%d\t80\t%d\t80\t81\n" % (number, number * 90) for number in range(20))
    fasta, table, packed = _bodies()
    if ".fasta" not in alias and ".fna" not in alias:
        return f"# {alias}\n".encode() + table
    if alias.endswith(".gz"):
        # Two concatenated members are one gzip file too (RFC 1952, section 2.2), and the large one is shared.
        return gzip.compress(f"; {alias}\n".encode(), mtime=0) + packed
    return f"; {alias}\n".encode() + fasta


@cache
def _bodies() -> tuple[bytes, bytes, bytes]:
    draw = random.Random("files")
    fasta = "".join(f">seq{number}\n{''.join(draw.choices('ACGT', k=80))}\n" for number in range(600)).encode()
    table = "".join(f"taxon{number}\t{draw.randrange(1000)}\n" for number in range(200)).encode()
    return fasta, table, gzip.compress(fasta, mtime=0)


def _file(alias: str, file_type: str, download_type: str, description: str, group: str | None) -> File:
    return File(alias, file_type, download_type, description, group)
