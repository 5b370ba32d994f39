"""Every operation of MGnify's API, called once through our client."""

from __future__ import annotations

import json

from asdk.clients.mgnify import MGnify
from asdk.clients.mgnify.models import AnnotationType, JobStatus
from asdk.sandbox import MGnifyServer, Sandbox
from asdk.sandbox.mgnify.store.searches import sketch
from tests.contracts.operations import OperationCoverage


async def test_every_operation_can_be_called() -> None:
    async with Sandbox() as sandbox:
        server = sandbox.mgnify
        known = server.credentials.user
        async with MGnify(base_url=server.url, username=known.username, password=known.password) as client:
            cover = OperationCoverage(server, "mgnify")
            await log_in_by_hand(cover, client, known.username, known.password)
            await read_studies_and_samples(cover, client)
            await read_what_was_made_of_them(cover, client)
            await read_genomes_and_what_describes_the_rest(cover, client)
            await search(cover, client, server)
            assert cover.missing() == []


async def log_in_by_hand(cover: OperationCoverage, client: MGnify, username: str, password: str) -> None:
    reply = await cover("auth.login", client.auth.login(username, password))
    assert (await cover("auth.refresh", client.auth.refresh(reply.token))).token_type == "sliding"
    assert await cover("auth.verify", client.auth.verify(reply.token))


async def read_studies_and_samples(cover: OperationCoverage, client: MGnify) -> None:
    studies = await cover("studies.list", client.studies.list(search="gut").collect(limit=3))
    accession = studies[0].accession
    study = await cover("studies.get", client.studies.get(accession))
    assert study.title == studies[0].title
    found = await cover("studies.lookup", client.studies.lookup(study.ena_accessions[0]))
    assert found.accession == accession
    assert await cover("studies.analyses", client.studies.analyses(accession).first())
    assert await cover("studies.publications", client.studies.publications("MGYS00000001").first())
    assert await cover("studies.samples", client.studies.samples(accession).first())
    assert len(await cover("studies.private", client.private_studies.get())) == 3
    sample = await cover("samples.list", client.samples.list().first())
    assert sample is not None
    detail = await cover("samples.get", client.samples.get(sample.accession))
    assert detail.studies
    assert await cover("samples.runs", client.samples.runs(sample.accession).first())
    assert await cover("samples.assemblies", client.samples.assemblies(sample.accession).first())


async def read_what_was_made_of_them(cover: OperationCoverage, client: MGnify) -> None:
    run = await cover("runs.list", client.runs.list().first())
    assert run is not None
    accession = run.accession or ""
    assert (await cover("runs.get", client.runs.get(accession))).study is not None
    assert await cover("runs.analyses", client.runs.analyses(accession).first())
    assert await cover("runs.assemblies", client.runs.assemblies(accession).first())
    assembly = await cover("assemblies.list", client.assemblies.list().first())
    assert assembly is not None
    accession = assembly.accession or ""
    assert (await cover("assemblies.get", client.assemblies.get(accession))).assembler_name
    assert await cover("assemblies.genomes", client.assemblies.genomes(accession).first())
    assert await cover("assemblies.contained_genomes", client.assemblies.contained_genomes(accession).first())
    assert await cover("assemblies.analyses", client.assemblies.analyses(accession).first())
    analysis = await cover("analyses.list", client.analyses.list().first())
    assert analysis is not None
    accession = analysis.accession
    assert await cover("analyses.get", client.analyses.get(accession)) == analysis
    assert (await cover("analyses.annotations", client.analyses.annotations(accession))).annotations["pfams"]
    families = client.analyses.typed_annotations(accession, AnnotationType.PFAMS)
    assert await cover("analyses.typed_annotations", families.first())


async def read_genomes_and_what_describes_the_rest(cover: OperationCoverage, client: MGnify) -> None:
    paper = await cover("publications.list", client.publications.list().first())
    assert paper is not None
    pubmed_id = paper.pubmed_id or 0
    assert (await cover("publications.get", client.publications.get(pubmed_id))).studies
    assert (await cover("publications.annotations", client.publications.annotations(pubmed_id))).sample_processing
    genome = await cover("genomes.list", client.genomes.list().first())
    assert genome is not None
    detail = await cover("genomes.get", client.genomes.get(genome.accession, catalogue_id=genome.catalogue_id))
    assert detail.catalogue is not None
    assert (await cover("genomes.annotations", client.genomes.annotations(genome.accession))).annotations
    catalogue = await cover("catalogues.list", client.catalogues.list().first())
    assert catalogue is not None
    assert await cover("catalogues.get", client.catalogues.get(catalogue.catalogue_id)) == catalogue
    assert await cover("catalogues.genomes", client.catalogues.genomes(catalogue.catalogue_id).first())
    assert len(await cover("biomes.list", client.biomes.list(max_depth=2).collect())) == 4
    together = await cover("super_studies.list", client.super_studies.list().first())
    assert together is not None
    assert (await cover("super_studies.get", client.super_studies.get(together.slug))).flagship_studies


async def search(cover: OperationCoverage, client: MGnify, server: MGnifyServer) -> None:
    sequence = server.inspect(lambda state: state.library.catalogues["marine-v2-0"].genomes[7].sequence)
    found = await cover("searches.fragment", client.searches.fragment(sequence))
    same = await cover("searches.fragment_file", client.searches.fragment_file(sequence.encode()))
    assert same.results == found.results != []
    signature = json.dumps([{"signatures": [{"mins": sorted(sketch(sequence))}]}]).encode()
    job = await cover("searches.gather", client.searches.gather([("a.sig", signature)], ["marine-v2-0"]))
    status = await cover("searches.status", client.searches.status(job.job_id))
    assert await cover("searches.wait", client.searches.wait(job.job_id)) == status
    assert status.status is JobStatus.SUCCESS
    assert await cover("searches.results", client.searches.results(status.signatures[0].job_id))
