"""Searches in genomes: by a fragment, answered at once, and by signatures, in jobs that take time.

Both compare real k-mers, of the short sequences that represent the genomes here.
"""

import hashlib
from collections.abc import Iterable, Sequence

import attrs

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids
from asdk.sandbox.mgnify.settings import MGnifySettings
from asdk.sandbox.mgnify.store.records import Genome

KMER_SIZE = 31
# One in this many k-mers is part of a signature.
_SCALED = 10


@attrs.frozen
class Match:
    genome: Genome
    kmers: int
    """Number of k-mers in the query."""
    found: int
    """Number of those found in the genome."""

    @property
    def percent(self) -> float:
        return round(100 * self.found / self.kmers, 2)


@attrs.frozen
class Signature:
    """Search of one uploaded signature in one catalogue: its own job."""

    job_id: str
    filename: str
    catalogue: str
    rows: list[tuple[str, int]]
    """Genomes with the number of hashes that they share, best first."""

    def csv(self) -> str:
        lines = [f"{accession},{overlap}" for accession, overlap in self.rows]
        return "\n".join(["name,overlap", *lines]) + "\n"


@attrs.frozen
class Gather:
    """Gather search: its signatures, and the times at which its status changes."""

    job_id: str
    signatures: list[Signature]
    started_at: float
    done_at: float

    def status(self, now: float) -> str:
        if now >= self.done_at:
            return "SUCCESS"
        return "QUEUED" if now < (self.started_at + self.done_at) / 2 else "RUNNING"


class Searches:
    """Searches and their jobs."""

    def __init__(self, settings: MGnifySettings, clock: TimeSource, ids: Ids) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._jobs: dict[str, Gather] = {}

    def fragment(
        self, genomes: Iterable[Genome], sequence: str, *, kmer_size: int, threshold: float, limit: int | None
    ) -> list[Match]:
        """Return the genomes that contain at least this share of the fragment's k-mers, best first."""
        wanted = _kmers(sequence, kmer_size)
        found = [Match(genome, len(wanted), len(wanted & _kmers(genome.sequence, kmer_size))) for genome in genomes]
        matches = [match for match in found if match.found and match.found >= threshold * match.kmers]
        return sorted(matches, key=lambda match: (-match.found, match.genome.accession))[:limit]

    def gather(self, files: Sequence[tuple[str, set[int]]], catalogues: dict[str, list[Genome]]) -> Gather:
        """Start a job for each file in each catalogue."""
        now = self._clock()
        sketches = {
            name: [(genome.accession, sketch(genome.sequence)) for genome in kept] for name, kept in catalogues.items()
        }
        signatures = [
            Signature(self._ids.uuid(), filename, catalogue, _overlaps(hashes, genomes))
            for catalogue, genomes in sketches.items()
            for filename, hashes in files
        ]
        job = Gather(self._ids.uuid(), signatures, now, now + self._settings.search_time)
        self._jobs[job.job_id] = job
        return job

    def find(self, job_id: str) -> Gather | None:
        """Find the job of a whole search, or the search that one signature's job belongs to."""
        job = self._jobs.get(job_id)
        if job is not None:
            return job
        belongs = (job for job in self._jobs.values() if any(one.job_id == job_id for one in job.signatures))
        return next(belongs, None)


def sketch(sequence: str) -> set[int]:
    """Return the hashes that represent a sequence in a signature."""
    hashes = (int.from_bytes(hashlib.sha256(kmer.encode()).digest()[:8]) for kmer in _kmers(sequence, KMER_SIZE))
    return {value for value in hashes if value % _SCALED == 0}


def _overlaps(hashes: set[int], genomes: list[tuple[str, set[int]]]) -> list[tuple[str, int]]:
    found = [(accession, len(hashes & theirs)) for accession, theirs in genomes]
    return sorted((row for row in found if row[1]), key=lambda row: (-row[1], row[0]))


def _kmers(sequence: str, size: int) -> set[str]:
    return {sequence[start : start + size] for start in range(len(sequence) - size + 1)}
