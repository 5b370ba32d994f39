"""``client.genomes`` and ``client.catalogues``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.mgnify.models import Catalogue, Genome, GenomeAnnotations, GenomeDetail
from asdk.clients.mgnify.queries import QuerySet
from asdk.http.options import CallOptions
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Genomes(Resource["MGnify"]):
    """Genomes, by the accession that MGnify has given them. ``client.searches`` looks inside them."""

    async def get(
        self, accession: str, *, catalogue_id: str | None = None, **options: Unpack[CallOptions]
    ) -> GenomeDetail:
        """Fetch one genome.

        Args:
            accession: ``MGYG`` and nine digits, such as ``"MGYG000000001"``.
            catalogue_id: the catalogue to take it from, where it stands in several.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The genome with its catalogue and its files.

        Raises:
            NotFoundError: there is no such genome, or not in this catalogue.

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
        """Fetch what is known of the genes of a genome.

        Args:
            accession: of the genome.
            catalogue_id: the catalogue to take it from, where it stands in several.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such genome, or not in this catalogue.

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
        """Genomes of all catalogues.

        Args:
            search: an accession, or part of the taxonomic lineage or of the catalogue's id.
            biome_lineage: a biome, with all below it, such as ``"root:Host-associated:Human"``.
            order: ``"accession"``, ``"length"``, ``"completeness"``, ``"contamination"`` or ``"num_genomes_total"``,
                with ``-`` before it for the reverse.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /genomes/``.
        """
        filters = {"search": search, "biome_lineage": biome_lineage, "order": order, "page_size": page_size}
        return QuerySet(self._client, "/genomes/", Genome, filters, authenticate=False, options=options)


class Catalogues(Resource["MGnify"]):
    """Catalogues of genomes."""

    async def get(self, catalogue_id: str, **options: Unpack[CallOptions]) -> Catalogue:
        """Fetch one catalogue.

        Args:
            catalogue_id: such as ``"human-gut-v2-0-2"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such catalogue.

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
        """The genomes of a catalogue.

        Args:
            catalogue_id: of the catalogue.
            search: see `Genomes.list`.
            biome_lineage: see `Genomes.list`.
            order: see `Genomes.list`.
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

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
        """Catalogues.

        Args:
            page_size: how many to fetch at a time, 100 at most.
            options: what these calls do differently, see `CallOptions`.

        Source: MGnify API v2, ``GET /genomes/catalogues/``.
        """
        return QuerySet(self._client, "/genomes/catalogues/", Catalogue, {"page_size": page_size}, options=options)
