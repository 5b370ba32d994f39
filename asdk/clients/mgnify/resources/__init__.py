"""Operations of MGnify, one class per attribute of the client."""

from asdk.clients.mgnify.resources.analyses import Analyses
from asdk.clients.mgnify.resources.auth import Auth
from asdk.clients.mgnify.resources.files import Files
from asdk.clients.mgnify.resources.genomes import Catalogues, Genomes
from asdk.clients.mgnify.resources.publications import Biomes, Publications, SuperStudies
from asdk.clients.mgnify.resources.samples import Assemblies, Runs, Samples
from asdk.clients.mgnify.resources.searches import Searches
from asdk.clients.mgnify.resources.studies import Studies

__all__ = [
    "Analyses",
    "Assemblies",
    "Auth",
    "Biomes",
    "Catalogues",
    "Files",
    "Genomes",
    "Publications",
    "Runs",
    "Samples",
    "Searches",
    "Studies",
    "SuperStudies",
]
