"""Publications, what text mining found in them, and super studies: the replies of `Publications` and `SuperStudies`."""

from __future__ import annotations

from typing import Any

from asdk.clients.mgnify.models.genomes import Catalogue
from asdk.clients.mgnify.models.studies import Study
from asdk.models.declaration import model


@model
class Publication:
    """A paper about studies that MGnify has."""

    title: str
    metadata: dict[str, Any]
    pubmed_id: int | None = None
    published_year: int | None = None


@model
class PublicationDetail(Publication):
    """A paper with its studies."""

    studies: list[Study]


@model
class MentionTag:
    """A term of an ontology that a mention stands for."""

    name: str
    uri: str


@model
class Mention:
    """A place in the text of a paper: the exact words, and those before and after."""

    exact: str
    type: str
    tags: list[MentionTag]
    id: str | None = None
    prefix: str | None = None
    postfix: str | None = None
    provider: str | None = None
    section: str | None = None


@model
class TextAnnotation:
    """A term that text mining found, and where."""

    annotation_text: str
    mentions: list[Mention]


@model
class TextAnnotationGroup:
    """Terms of one kind, such as ``"Kit"`` or ``"Body-Site"``."""

    annotation_type: str
    title: str
    description: str
    annotations: list[TextAnnotation]


@model
class PublicationAnnotations:
    """What text mining found in a paper: about the processing of samples, and the rest. Source: Europe PMC."""

    sample_processing: list[TextAnnotationGroup]
    other: list[TextAnnotationGroup]


@model
class SuperStudy:
    """Studies and catalogues that belong together, under a name for a web page."""

    slug: str
    title: str
    description: str | None = None
    logo_url: str | None = None


@model
class SuperStudyDetail(SuperStudy):
    """A super study with its studies and catalogues."""

    flagship_studies: list[Study]
    related_studies: list[Study]
    genome_catalogues: list[Catalogue]
