"""``client.publications``, ``client.biomes`` and ``client.super_studies``, which are all public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.mgnify.models import (
    Biome,
    Publication,
    PublicationAnnotations,
    PublicationDetail,
    SuperStudy,
    SuperStudyDetail,
)
from asdk.clients.mgnify.queries import QuerySet

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Publications(Resource["MGnify"]):
    """Operations on papers about studies, by PubMed id."""

    async def get(self, pubmed_id: int | str, **options: Unpack[CallOptions]) -> PublicationDetail:
        """Fetch one publication.

        Args:
            pubmed_id: the PubMed id.
            options: per-call options, see `CallOptions`.

        Returns:
            The publication with its studies.

        Raises:
            NotFoundError: the publication is not in MGnify.
            UnprocessableError: the id is not a number.

        Source: MGnify API v2, ``GET /publications/{pubmed_id}``.
        """
        return await self._client.request(
            "GET",
            "/publications/{pubmed_id}",
            path_params={"pubmed_id": pubmed_id},
            model=PublicationDetail,
            authenticate=False,
            **options,
        )

    async def annotations(self, pubmed_id: int | str, **options: Unpack[CallOptions]) -> PublicationAnnotations:
        """Fetch the text-mining results of a publication.

        Args:
            pubmed_id: the PubMed id.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the publication is not in MGnify.

        Source: MGnify API v2, ``GET /publications/{pubmed_id}/annotations``.
        """
        return await self._client.request(
            "GET",
            "/publications/{pubmed_id}/annotations",
            path_params={"pubmed_id": pubmed_id},
            model=PublicationAnnotations,
            authenticate=False,
            **options,
        )

    def list(
        self,
        *,
        title: str | None = None,
        published_after: int | None = None,
        published_before: int | None = None,
        order: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Publication]:
        """List the publications.

        Args:
            title: part of the title.
            published_after: the first year, inclusive.
            published_before: the last year, inclusive.
            order: ``"published_year"``, prefixed with ``-`` for descending order.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /publications/``.
        """
        filters = {
            "title": title,
            "published_after": published_after,
            "published_before": published_before,
            "order": order,
            "page_size": page_size,
        }
        return QuerySet(self._client, "/publications/", Publication, filters, authenticate=False, options=options)


class Biomes(Resource["MGnify"]):
    """Operations on the tree of biomes."""

    def list(
        self,
        *,
        biome_lineage: str | None = None,
        max_depth: int | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> QuerySet[Biome]:
        """List the biomes.

        Args:
            biome_lineage: a biome, including its descendants, such as ``"root:Environmental"``.
            max_depth: the number of levels of the tree, with ``root`` as the first.
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /biomes/``.
        """
        filters = {"biome_lineage": biome_lineage, "max_depth": max_depth, "page_size": page_size}
        return QuerySet(self._client, "/biomes/", Biome, filters, authenticate=False, options=options)


class SuperStudies(Resource["MGnify"]):
    """Operations on groups of related studies and catalogues."""

    async def get(self, slug: str, **options: Unpack[CallOptions]) -> SuperStudyDetail:
        """Fetch one super study.

        Args:
            slug: the name in web addresses.
            options: per-call options, see `CallOptions`.

        Returns:
            The super study with its studies and catalogues.

        Raises:
            NotFoundError: the super study does not exist.

        Source: MGnify API v2, ``GET /super-studies/{slug}``.
        """
        return await self._client.request(
            "GET",
            "/super-studies/{slug}",
            path_params={"slug": slug},
            model=SuperStudyDetail,
            authenticate=False,
            **options,
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> QuerySet[SuperStudy]:
        """List the super studies.

        Args:
            page_size: items per page, at most 100.
            options: per-call options, see `CallOptions`.

        Source: MGnify API v2, ``GET /super-studies/``.
        """
        filters = {"page_size": page_size}
        return QuerySet(self._client, "/super-studies/", SuperStudy, filters, authenticate=False, options=options)
