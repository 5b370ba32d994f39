"""Every operation of MGnify's API, called once through our client."""

from __future__ import annotations

import json

from asdk.clients.mgnify import MGnify
from asdk.clients.mgnify.models import AnnotationType, JobStatus
from asdk.sandbox import MGnifyServer, Sandbox
from asdk.sandbox.mgnify.store.searches import sketch
from tests.contracts.operations import Tour


async def test_every_operation_can_be_called() -> None:
    async with Sandbox() as sandbox:
        server = sandbox.mgnify
        known = server.credentials.user
        async with MGnify(base_url=server.url, username=known.username, password=known.password) as client:
            tour = Tour(server, "mgnify")
            await log_in_by_hand(tour, client, known.username, known.password)
            await read_studies_and_samples(tour, client)
            await read_what_was_made_of_them(tour, client)
            await read_genomes_and_what_describes_the_rest(tour, client)
            await search(tour, client, server)
            assert tour.missing() == []


async def log_in_by_hand(tour: Tour, client: MGnify, username: str, password: str) -> None:
    reply = await tour("auth.login", client.auth.login(username, password))
    assert (await tour("auth.refresh", client.auth.refresh(reply.token))).token_type == "sliding"
    assert await tour("auth.verify", client.auth.verify(reply.token))


async def read_studies_and_samples(tour: Tour, client: MGnify) -> None:
    studies = await tour("studies.list", client.studies.list(search="gut").collect(limit=3))
    accession = studies[0].accession
    study = await tour("studies.get", client.studies.get(accession))
    assert study.title == studies[0].title
    found = await tour("studies.lookup", client.studies.lookup(study.ena_accessions[0]))
    assert found.accession == accession
    assert await tour("studies.analyses", client.studies.analyses(accession).first())
    assert await tour("studies.publications", client.studies.publications("MGYS00000001").first())
    assert await tour("studies.samples", client.studies.samples(accession).first())
    assert len(await tour("studies.private", client.private_studies.get())) == 3
    sample = await tour("samples.list", client.samples.list().first())
    assert sample is not None
    detail = await tour("samples.get", client.samples.get(sample.accession))
    assert detail.studies
    assert await tour("samples.runs", client.samples.runs(sample.accession).first())
    assert await tour("samples.assemblies", client.samples.assemblies(sample.accession).first())


async def read_what_was_made_of_them(tour: Tour, client: MGnify) -> None:
    run = await tour("runs.list", client.runs.list().first())
    assert run is not None
    accession = run.accession or ""
    assert (await tour("runs.get", client.runs.get(accession))).study is not None
    assert await tour("runs.analyses", client.runs.analyses(accession).first())
    assert await tour("runs.assemblies", client.runs.assemblies(accession).first())
    assembly = await tour("assemblies.list", client.assemblies.list().first())
    assert assembly is not None
    accession = assembly.accession or ""
    assert (await tour("assemblies.get", client.assemblies.get(accession))).assembler_name
    assert await tour("assemblies.genomes", client.assemblies.genomes(accession).first())
    assert await tour("assemblies.contained_genomes", client.assemblies.contained_genomes(accession).first())
    assert await tour("assemblies.analyses", client.assemblies.analyses(accession).first())
    analysis = await tour("analyses.list", client.analyses.list().first())
    assert analysis is not None
    accession = analysis.accession
    assert await tour("analyses.get", client.analyses.get(accession)) == analysis
    assert (await tour("analyses.annotations", client.analyses.annotations(accession))).annotations["pfams"]
    families = client.analyses.typed_annotations(accession, AnnotationType.PFAMS)
    assert await tour("analyses.typed_annotations", families.first())


async def read_genomes_and_what_describes_the_rest(tour: Tour, client: MGnify) -> None:
    paper = await tour("publications.list", client.publications.list().first())
    assert paper is not None
    pubmed_id = paper.pubmed_id or 0
    assert (await tour("publications.get", client.publications.get(pubmed_id))).studies
    assert (await tour("publications.annotations", client.publications.annotations(pubmed_id))).sample_processing
    genome = await tour("genomes.list", client.genomes.list().first())
    assert genome is not None
    detail = await tour("genomes.get", client.genomes.get(genome.accession, catalogue_id=genome.catalogue_id))
    assert detail.catalogue is not None
    assert (await tour("genomes.annotations", client.genomes.annotations(genome.accession))).annotations
    catalogue = await tour("catalogues.list", client.catalogues.list().first())
    assert catalogue is not None
    assert await tour("catalogues.get", client.catalogues.get(catalogue.catalogue_id)) == catalogue
    assert await tour("catalogues.genomes", client.catalogues.genomes(catalogue.catalogue_id).first())
    assert len(await tour("biomes.list", client.biomes.list(max_depth=2).collect())) == 4
    together = await tour("super_studies.list", client.super_studies.list().first())
    assert together is not None
    assert (await tour("super_studies.get", client.super_studies.get(together.slug))).flagship_studies


async def search(tour: Tour, client: MGnify, server: MGnifyServer) -> None:
    sequence = server.inspect(lambda state: state.library.catalogues["marine-v2-0"].genomes[7].sequence)
    found = await tour("searches.fragment", client.searches.fragment(sequence))
    same = await tour("searches.fragment_file", client.searches.fragment_file(sequence.encode()))
    assert same.results == found.results != []
    signature = json.dumps([{"signatures": [{"mins": sorted(sketch(sequence))}]}]).encode()
    job = await tour("searches.gather", client.searches.gather([("a.sig", signature)], ["marine-v2-0"]))
    status = await tour("searches.status", client.searches.status(job.job_id))
    assert await tour("searches.wait", client.searches.wait(job.job_id)) == status
    assert status.status is JobStatus.SUCCESS
    assert await tour("searches.results", client.searches.results(status.signatures[0].job_id))
