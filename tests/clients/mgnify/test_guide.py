"""Code of the vendor's guide to private data, with our names for its classes and ``await`` for calls that send."""

from __future__ import annotations

import ast
import os
import pickle
import re
from pathlib import Path

import pytest
from dotenv import load_dotenv

from asdk import ConfigurationError, Records, Secret
from asdk.auth import FileTokenStore
from asdk.clients.mgnify import MGnify, MGnifyConfig
from asdk.clients.mgnify.models import Study
from asdk.clients.mgnify.resources import Biomes
from asdk.sandbox import MGnifyServer

PAGE = Path(__file__).parents[3] / "docs" / "clients" / "mgnify.md"
SLIDING = "/metagenomics/api/v2/auth/sliding"


@pytest.fixture(autouse=True)
def the_sandbox_is_the_server(server: MGnifyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", f"{server.url}/")


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def then(MG: MGnify) -> Records[Study]:  # noqa: N803 - as the guide has it
    """Use each client as the guide does."""
    my_studies = MG.private_studies
    my_studies.explain()
    return await my_studies.get()


async def test_option_1_an_env_file_is_found(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MG_USER=Webin-1001\nMG_PASSWORD=sandbox-webin\n")
    MG = MGnify()
    assert len(await then(MG)) == 3


async def test_option_1_5_an_env_file_of_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "your-env-file").write_text("MG_USER=Webin-1001\nMG_PASSWORD=sandbox-webin\n")
    for name in ("MG_USER", "MG_PASSWORD"):
        monkeypatch.setenv(name, "")  # removed again after the test
        monkeypatch.delenv(name)
    load_dotenv(tmp_path / "your-env-file")
    config = MGnifyConfig(mg_user=os.getenv("MG_USER"), mg_password=os.getenv("MG_PASSWORD"))
    MG = MGnify(config=config)
    assert len(await then(MG)) == 3
    biomes = Biomes(MGnify(config=config))
    assert (await biomes.list().ids(limit=1)) == ["root"]


async def test_option_2_explicit_credentials() -> None:
    config = MGnifyConfig(mg_user="Webin-1001", mg_password="sandbox-webin")
    MG = MGnify(config=config)
    assert len(await then(MG)) == 3


async def test_option_3_interactive_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_person(question: str, *, hidden: bool) -> Secret:
        return Secret("sandbox-webin" if hidden else "Webin-1001")

    monkeypatch.setattr("asdk.auth.credentials.prompt.ask_person", ask_person)
    MG = MGnify(interactive=True)
    assert len(await then(MG)) == 3


async def test_the_methods_of_its_config_have_counterparts(server: MGnifyServer) -> None:
    MG = MGnify(config=MGnifyConfig(mg_user="Webin-1001", mg_password="sandbox-webin"))
    reply = await MG.auth.login("Webin-1001", "sandbox-webin")  # obtain_auth_token
    assert await MG.auth.verify(reply.token)  # verify_auth_token
    assert (await MG.auth.refresh(reply.token)).token_type == "sliding"  # refresh_auth_token
    token = await MG.get_token()  # resolve_auth_token
    assert await MG.auth.verify(token.value)
    assert await MG.auth.verify()
    before = server.counters.count("POST", SLIDING)
    assert len(await then(MG)) == 3
    assert server.counters.count("POST", SLIDING) == before


async def test_the_token_is_kept_on_the_disk_on_request(server: MGnifyServer, tmp_path: Path) -> None:
    for _ in range(2):
        config = MGnifyConfig(mg_user="Webin-1001", mg_password="sandbox-webin", cache_dir=tmp_path / "cache")
        async with MGnify(config=config) as MG:
            assert len(await then(MG)) == 3
            assert len(await MG.studies.list().get()) == 100
    assert server.counters.count("POST", SLIDING) == 1
    assert files_in(tmp_path / "cache") == {"mgnify-pages", "tokens"}
    async with MGnify(
        username="Webin-1001", password="sandbox-webin", token_store=FileTokenStore(tmp_path / "cache" / "tokens")
    ) as MG:
        assert len(await then(MG)) == 3
    assert server.counters.count("POST", SLIDING) == 1


async def test_nothing_is_kept_without_a_directory(tmp_path: Path) -> None:
    async with MGnify(config=MGnifyConfig(mg_user="Webin-1001", mg_password="sandbox-webin", cache_dir=None)) as MG:
        assert len(await then(MG)) == 3
    assert files_in(tmp_path) == set()


async def test_arguments_precede_the_config_and_the_environment(
    server: MGnifyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MG_USER", "Webin-1")
    monkeypatch.setenv("MG_PASSWORD", "wrong")
    config = MGnifyConfig(mg_user="Webin-1001", mg_password="sandbox-webin")
    assert len(await then(MGnify(config=config))) == 3
    other = MGnify(config=config, username="Webin-1002", password="sandbox-other")
    assert [study.accession for study in await then(other)] == ["MGYS00000234"]
    assert "sandbox-webin" not in f"{config!r} {config.explain()}"


def test_a_config_travels_to_another_process_without_its_secrets(tmp_path: Path) -> None:
    config = MGnifyConfig(mg_user="Webin-1001", base_url="https://mirror.test", cache_dir=tmp_path, dotenv=None)
    client = pickle.loads(pickle.dumps(MGnify(config=config, auth=None)))
    assert client.base_url == "https://mirror.test/metagenomics/api/v2"
    assert (client.config.cache_dir, client.config.get("username")) == (tmp_path, "Webin-1001")
    for given in (MGnifyConfig(mg_password="x"), MGnifyConfig(auth_token="x"), MGnifyConfig(environ={})):
        with pytest.raises(ConfigurationError, match="pickle"):
            pickle.dumps(given)


async def test_the_pieces_of_our_own_page_run(server: MGnifyServer, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    async with MGnify() as mgnify:
        names = {"mgnify": mgnify}
        for piece in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
            known = piece.replace("Webin-12345", "Webin-1001").replace('"..."', '"sandbox-webin"')
            code = compile(known.replace("~/mgnify", str(tmp_path)), "page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if (started := eval(code, names)) is not None:
                await started
        await names["mgnify"].aclose()
    assert files_in(tmp_path) == {"here", "mgnify-pages"}
    assert files_in(tmp_path / "here") == {"MGYS00000001_taxonomy_summary.tsv"}
