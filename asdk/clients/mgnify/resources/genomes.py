"""``client.genomes`` and ``client.catalogues``: genomes and their catalogues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.mgnify.models import Catalogue, Genome, GenomeAnnotations, GenomeDetail
from asdk.clients.mgnify.queries import QuerySet

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Genomes(Resource["MGnify"]):
    """Operations on genomes, by MGnify accession. ``client.searches`` searches their sequences."""

    async def get(
        self, accession: str, *, catalogue_id: str | None = None, **options: Unpack[CallOptions]
    ) -> GenomeDetail:
        """Fetch one genome.

        Args:
            accession: the accession, ``MGYG`` and nine digits, such as ``"MGYG000000001"``.
            catalogue_id: the catalogue, if the genome is in several.
            options: per-call options, see `CallOptions`.

        Returns:
            The genome with its catalogue and its files.

        Raises:
            NotFoundError: the genome does not exist, or is not in this catalogue.

        Source: MGnify API v2, ``GET /genomes/{accession}``.
        """
        return await self._client.request(
            "GET",
            "/genomes/{accession}",
            path_params={"accession": accession},
            params={"catalogue_id": catalogue_id},
            model=GenomeDetail,
            **options,
        )

    async def annotations(
        self, accession: str, *, catalogue_id: str | None = None, **options: Unpack[CallOptions]
    ) -> GenomeAnnotations:
        """Fetch the gene annotations of a genome.

        Args:
            accession: the accession of the genome.
            catalogue_id: the catalogue, if the genome is in several.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the genome does not exist, or is not in this catalogue.

        Source: MGnify API v2, ``GET /genomes/{accession}/annotations``.
        """
        return await self._client.request(
            "GET",
            "/genomes/{accession}/annotations",
            path_params={"accession": accession},
            params={"catalogue_id": catalogue_id},
            model=GenomeAnnotations,
            **options,
        )

    def list(
        self,
        *,
        search: str | None = None,
        biome_lineage: str | None = None,
        order: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Genome]:
        """List the genomes of all catalogues.

        Args:
            search: an accession, or part of the taxonomic lineage or of the catalogue id.
            biome_lineage: a biome, including its descendants, such as ``"root:Host-associated:Human"``.
            order: ``"accession"``, ``"length"``, ``"completeness"``, ``"contamination"`` or ``"num_genomes_total"``,
                prefixed with ``-`` for descending order.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /genomes/``.
        """
        filters = {"search": search, "biome_lineage": biome_lineage, "order": order, "page_size": page_size}
        return QuerySet(self._client, "/genomes/", Genome, filters, authenticate=False, options=options)


class Catalogues(Resource["MGnify"]):
    """Operations on catalogues of genomes."""

    async def get(self, catalogue_id: str, **options: Unpack[CallOptions]) -> Catalogue:
        """Fetch one catalogue.

        Args:
            catalogue_id: the id, such as ``"human-gut-v2-0-2"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the catalogue does not exist.

        Source: MGnify API v2, ``GET /genomes/catalogues/{catalogue_id}``.
        """
        return await self._client.request(
            "GET",
            "/genomes/catalogues/{catalogue_id}",
            path_params={"catalogue_id": catalogue_id},
            model=Catalogue,
            **options,
        )

    def genomes(
        self,
        catalogue_id: str,
        *,
        search: str | None = None,
        biome_lineage: str | None = None,
        order: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Genome]:
        """List the genomes of a catalogue.

        Args:
            catalogue_id: the id of the catalogue.
            search: see `Genomes.list`.
            biome_lineage: see `Genomes.list`.
            order: see `Genomes.list`.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /genomes/catalogues/{catalogue_id}/genomes/``.
        """
        return QuerySet(
            self._client,
            "/genomes/catalogues/{catalogue_id}/genomes/",
            Genome,
            {"search": search, "biome_lineage": biome_lineage, "order": order, "page_size": page_size},
            path_params={"catalogue_id": catalogue_id},
            options=options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[Catalogue]:
        """List the catalogues.

        Args:
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /genomes/catalogues/``.
        """
        return QuerySet(self._client, "/genomes/catalogues/", Catalogue, {"page_size": page_size}, options=options)
