"""Downloads over real sockets from servers that break, change, lie or lack ranges; and the files on disk."""

# ruff: noqa: ASYNC220, ASYNC240 - a test may look at its files

from __future__ import annotations

import asyncio
import base64
import errno
import gc
import gzip
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from tenacity import RetryCallState, wait_fixed

from asdk import (
    ApiKey,
    BaseClient,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    ProtocolError,
    RequestTimeoutError,
    Retry,
    Secret,
    ServerError,
    StreamError,
    Tenant,
    TenantHeaders,
    Timeout,
)
from asdk.progress import show_progress
from tests.support.archive import Archive, field, memory_of_a_download, sha256
from tests.support.cancelling import at_each_await
from tests.support.failures import assert_clean, failure_of
from tests.support.servers import QUICK, RawExchange, RawServer, client_of, wait_until

MIB = 2**20
DATA = os.urandom(MIB // 2)
OTHER = os.urandom(MIB // 2)
FEW = Retry(attempts=4, base_delay=0.001)


class Serve(Protocol):
    def __call__(self, archive: Any) -> RawServer: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[RawServer] = []

    def start(archive: Any) -> RawServer:
        running.append(RawServer(archive).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def to(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder / "data.bin"


def files_at(to: Path) -> list[str]:
    return sorted(os.listdir(to.parent))


async def fetch(server: RawServer, to: Path, **options: Any) -> Any:
    settings = {name: options.pop(name) for name in ("retry", "timeout") if name in options}
    async with client_of(server, **{"retry": FEW, **settings}) as client:
        return await client.download("/files/{id}", path_params={"id": "f"}, to=to, **options)


# --- broken connections -----------------------------------------------------------------------------------------------


async def test_a_file_arrives_intact_after_five_broken_connections(serve: Serve, to: Path) -> None:
    data = os.urandom(8 * MIB)
    archive = Archive(data, *[1_500_000, -1_500_000] * 2, 300_000)
    seen: list[tuple[int, int | None]] = []
    done = await fetch(serve(archive), to, progress=lambda *facts: seen.append(facts), retry=QUICK)
    assert sha256(to.read_bytes()) == sha256(data)
    assert (done.path, done.size, done.etag, done.resumed_from) == (to, len(data), '"v1"', 0)
    assert files_at(to) == ["data.bin"]
    assert len(archive.asked) == 6
    starts = [int((wanted or "bytes=0-")[6:-1]) for wanted in archive.asked]
    assert starts == sorted(starts)
    assert all(field(head, "If-Range") == '"v1"' for head in archive.heads[1:])
    assert all(field(head, "Accept-Encoding") == "identity" for head in archive.heads)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == ((0, len(data)), (len(data), len(data)))


async def test_many_downloads_share_one_display(serve: Serve, tmp_path: Path) -> None:
    display = show_progress()  # under pytest stderr is a file: only the final state would be written
    servers = [serve(Archive(DATA)), serve(Archive(OTHER, *[0] * 9)), serve(Archive(OTHER))]
    results = await asyncio.gather(
        *(
            fetch(server, tmp_path / f"{name}.bin", progress=display)
            for name, server in zip("abc", servers, strict=True)
        ),
        return_exceptions=True,
    )
    assert [isinstance(result, ProtocolError) for result in results] == [False, True, False]
    tracks = {track.label: (track.state, track.done, track.total, track.unit) for track in display.tasks}
    whole = len(DATA)
    assert tracks == {
        "a.bin": ("done", whole, whole, "B"),
        "b.bin": ("stopped", 0, whole, "B"),
        "c.bin": ("done", whole, whole, "B"),
    }


async def test_attempts_without_progress_use_up_the_policy(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, *[0] * 9)
    error = await failure_of(fetch(serve(archive), to), ProtocolError)
    assert_clean(error)
    assert len(archive.asked) == 4
    assert files_at(to) == []


@pytest.mark.parametrize(
    ("size", "cut"), [(200, 7), (20_000, 1000), (MIB // 2, 4096), (MIB // 2, 20_000), (2 * MIB, 2 * MIB // 100)]
)
async def test_any_number_of_small_cuts_is_progress(size: int, cut: int, serve: Serve, to: Path) -> None:
    data = os.urandom(size)
    archive = Archive(data, *[cut] * (size // cut + 1))
    done = await fetch(serve(archive), to, retry=Retry(attempts=3, base_delay=0.0001))
    assert (done.size, to.read_bytes() == data) == (size, True)
    assert len(archive.asked) >= size // cut


async def test_progress_restarts_the_time_and_the_count_of_a_stop_strategy(serve: Serve, to: Path) -> None:
    seen: list[int] = []

    def stop(state: RetryCallState) -> bool:
        assert state.seconds_since_start is not None
        seen.append(state.attempt_number)
        return state.attempt_number >= 2

    archive = Archive(os.urandom(2 * MIB), 600_000, 600_000, 0, 0)
    error = await failure_of(fetch(serve(archive), to, retry=Retry(wait=wait_fixed(0), stop=stop)), ProtocolError)
    assert_clean(error)
    assert seen == [1, 1, 2]
    assert len(archive.asked) == 3


async def test_a_failed_download_is_resumed_by_the_next_call(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    assert files_at(to) == [".data.bin.part", ".data.bin.part.json"]
    done = await fetch(server, to, retry=None)
    assert archive.asked == [None, f"bytes={done.resumed_from}-"]
    assert 0 < done.resumed_from <= 200_000
    assert to.read_bytes() == DATA
    assert files_at(to) == ["data.bin"]


@pytest.mark.parametrize(("first", "second", "goes_on"), [("a", "a", True), ("a", "b", False), ("a", None, False)])
async def test_a_named_source_is_resumed_under_another_url(
    serve: Serve, to: Path, first: str, second: str | None, goes_on: bool
) -> None:
    server = serve(Archive(DATA, 200_000))
    await failure_of(fetch(server, to, retry=None, source=first, params={"signature": 1}), ProtocolError)
    done = await fetch(server, to, retry=None, source=second, params={"signature": 2})
    assert (done.resumed_from > 0) is goes_on
    assert to.read_bytes() == DATA


async def test_resume_false_discards_the_partial_file(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    assert (await fetch(server, to, resume=False)).resumed_from == 0
    assert archive.asked == [None, None]
    assert to.read_bytes() == DATA


KILLED = """
import asyncio, sys
from asdk import BaseClient

async def main():
    async with BaseClient(base_url=sys.argv[1]) as client:
        await client.download("/files/f", to=sys.argv[2], progress=lambda done, size: print(done, flush=True))

asyncio.run(main())
"""


async def test_a_killed_download_is_resumed(serve: Serve, to: Path) -> None:
    data = os.urandom(4 * MIB)
    archive = Archive(data, 3 * MIB)
    archive.stall = True
    server = serve(archive)
    child = subprocess.Popen([sys.executable, "-c", KILLED, server.url, str(to)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    while int(child.stdout.readline()) < 2 * MIB:
        pass
    child.send_signal(signal.SIGKILL)
    child.wait(5)
    child.stdout.close()
    assert not to.exists()
    done = await fetch(server, to)
    assert done.resumed_from >= 2 * MIB
    assert archive.asked == [None, f"bytes={done.resumed_from}-"]
    assert sha256(to.read_bytes()) == sha256(data)


async def test_a_complete_partial_file_is_revalidated(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    to.with_name(".data.bin.part").write_bytes(DATA)  # complete, but not renamed
    await fetch(server, to)
    assert archive.asked[1:] == [f"bytes={len(DATA) - 1}-"]
    assert to.read_bytes() == DATA


async def test_an_idle_timeout_is_retried(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000, 0)
    archive.stall = True
    await fetch(serve(archive), to, timeout=Timeout(idle=0.05))
    assert to.read_bytes() == DATA
    archive.cuts = [0] * 4
    await failure_of(fetch(serve(archive), to, timeout=Timeout(idle=0.02)), RequestTimeoutError)


async def test_a_server_can_limit_the_size_of_a_part(serve: Serve, to: Path) -> None:
    class Capped(Archive):
        async def respond(self, visit: RawExchange, wanted: str | None) -> None:
            if wanted is None:
                return await super().respond(visit, wanted)
            start = int(wanted[6:-1])
            body = self.data[start : start + 100_000]
            place = f"Content-Range: bytes {start}-{start + len(body) - 1}/{len(self.data)}\r\n"
            return await self.send(visit, 206, body, place)

    archive = Capped(DATA, 100_000)
    await fetch(serve(archive), to, retry=QUICK)
    assert to.read_bytes() == DATA
    assert len(archive.asked) >= 6


async def test_timeouts_limit_the_head_and_not_the_body(serve: Serve, to: Path) -> None:
    async def slow(visit: RawExchange) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.01)
            await visit.send(b"ab")

    await fetch(serve(slow), to, timeout=Timeout(total=0.05, attempt=0.05, idle=0.5))
    assert to.read_bytes() == b"ab" * 10


# --- never a mix ------------------------------------------------------------------------------------------------------


async def test_a_server_without_ranges_starts_over(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000, 300_000)
    archive.ranges = False

    def change(number: int) -> None:
        archive.data = OTHER if number == 3 else DATA

    archive.change = change
    await fetch(serve(archive), to)
    assert to.read_bytes() == OTHER


@pytest.mark.parametrize(
    ("etag", "headers"),
    [
        (None, ""),
        ('W/"v1"', ""),
        ("v1", ""),
        ('"v1"', "Accept-Ranges: none\r\n"),
        (None, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        (None, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
    ],
)
async def test_without_a_strong_validator_nothing_is_resumed(
    serve: Serve, to: Path, etag: str | None, headers: str
) -> None:
    archive = Archive(DATA, 200_000)
    archive.etag, archive.headers = etag, headers
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    assert files_at(to) == []
    archive.cuts = [200_000]
    await fetch(server, to)
    assert archive.asked == [None, None, None]
    assert to.read_bytes() == DATA


async def test_a_date_is_a_validator_if_it_is_old_enough(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)
    archive.etag = None
    archive.headers = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
    await fetch(serve(archive), to)
    assert field(archive.heads[1], "If-Range") == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert (archive.asked[1] is not None, to.read_bytes()) == (True, DATA)


async def test_a_file_that_changed_starts_over(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)

    def change(number: int) -> None:
        if number == 2:
            archive.data, archive.etag = OTHER, '"v2"'

    archive.change = change
    done = await fetch(serve(archive), to)
    assert archive.asked[1] is not None
    assert (to.read_bytes(), done.etag) == (OTHER, '"v2"')


async def test_a_file_that_changed_between_two_calls_starts_over(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    archive.data, archive.etag = OTHER[:100_000], '"v2"'
    done = await fetch(server, to)
    assert to.read_bytes() == OTHER[:100_000]
    assert done.resumed_from == 0


async def answer_206(visit: RawExchange, archive: Archive, place: str, body: bytes, tag: str = '"v1"') -> None:
    archive.etag = tag
    await archive.send(visit, 206, body, place)
    archive.etag = '"v1"'


LIES = {
    "new tag in spite of If-Range": ("Content-Range: bytes {start}-{end}/{size}\r\n", '"v2"'),
    "another place": ("Content-Range: bytes 0-{end}/{size}\r\n", '"v1"'),
    "another size": ("Content-Range: bytes {start}-{end}/{more}\r\n", '"v1"'),
    "backwards": ("Content-Range: bytes {start}-0/{size}\r\n", '"v1"'),
    "beyond the end": ("Content-Range: bytes {start}-{more}/{size}\r\n", '"v1"'),
    "no range at all": ("", '"v1"'),
    "several ranges": ("Content-Type: multipart/byteranges; boundary=x\r\n", '"v1"'),
    "compressed": ("Content-Range: bytes {start}-{end}/{size}\r\nContent-Encoding: br\r\n", '"v1"'),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_part_that_does_not_fit_starts_over(serve: Serve, to: Path, lie: str) -> None:
    place, tag = LIES[lie]

    class Liar(Archive):
        async def respond(self, visit: RawExchange, wanted: str | None) -> None:
            if wanted is None:
                self.data = DATA if visit.number == 1 else OTHER
                return await super().respond(visit, wanted)
            start, size = int(wanted[6:-1]), len(DATA)
            line = place.format(start=start, end=size - 1, size=size, more=size + 7)
            return await answer_206(visit, self, line, OTHER[start:], tag)

    archive = Liar(DATA, 200_000)
    await fetch(serve(archive), to)
    assert to.read_bytes() == OTHER
    assert [wanted is None for wanted in archive.asked] == [True, False, True]


async def test_parts_that_never_fit_are_an_error(serve: Serve, to: Path) -> None:
    async def lie(visit: RawExchange) -> None:
        await visit.answer(b"x", status=206, headers="Content-Range: bytes 5-5/10\r\nX-Request-Id: r1\r\n")

    server = serve(lie)
    error = await failure_of(fetch(server, to), IntegrityError)
    assert (error.status, error.method, error.template, error.request_id) == (206, "GET", "/files/{id}", "r1")
    assert "the parts do not belong together" in error.message
    assert len(server.heads) == 4
    assert files_at(to) == []


async def test_an_unsatisfiable_range_starts_over(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)

    def change(number: int) -> None:
        archive.data = DATA[:10] if number > 1 else DATA

    archive.change = change
    await fetch(serve(archive), to)
    assert to.read_bytes() == DATA[:10]
    assert [wanted is None for wanted in archive.asked] == [True, False, True]


@pytest.mark.parametrize("spoil", ["notes", "no notes", "another source", "another tenant", "another shape"])
async def test_an_untrusted_partial_file_is_not_resumed(serve: Serve, to: Path, spoil: str) -> None:
    archive = Archive(DATA, 200_000)
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    notes = to.with_name(".data.bin.part.json")
    options: dict[str, Any] = {}
    if spoil == "notes":
        notes.write_bytes(notes.read_bytes()[:-20])
    elif spoil == "no notes":
        notes.unlink()
    elif spoil == "another shape":
        notes.write_text(json.dumps({**json.loads(notes.read_text()), "size": "big"}))
    elif spoil == "another source":
        options["params"] = {"version": 2}
    else:
        options["tenant"] = Tenant("other")
    assert (await fetch(server, to, **options)).resumed_from == 0
    assert archive.asked == [None, None]
    assert to.read_bytes() == DATA


# --- digests and lengths ----------------------------------------------------------------------------------------------


def digest_line(name: str, data: bytes) -> str:
    def in_base64(algorithm: str) -> str:
        return base64.b64encode(hashlib.new(algorithm, data).digest()).decode()

    return {
        "Repr-Digest": f"Repr-Digest: sha-256=:{in_base64('sha256')}:, unixsum=:AAA=:\r\n",
        "Content-Digest": f"Content-Digest: sha-512=:{in_base64('sha512')}:\r\n",
        "Digest": f"Digest: SHA-256={in_base64('sha256')},id-md5={in_base64('md5')}\r\n",
        "Content-MD5": f"Content-MD5: {in_base64('md5')}\r\n",
    }[name]


DIGESTS = {"Repr-Digest": "sha256", "Content-Digest": "sha512", "Digest": "sha256", "Content-MD5": "md5"}


@pytest.mark.parametrize("name", DIGESTS)
async def test_a_digest_of_the_server_is_verified_after_a_resume(serve: Serve, to: Path, name: str) -> None:
    archive = Archive(DATA, 200_000)

    def change(number: int) -> None:
        archive.headers = digest_line(name, DATA) if number == 1 or name in ("Repr-Digest", "Digest") else ""

    archive.change = change
    done = await fetch(serve(archive), to)
    assert (done.checked, to.read_bytes()) == ((DIGESTS[name],), DATA)


@pytest.mark.parametrize("name", DIGESTS)
async def test_a_wrong_digest_is_an_error_and_leaves_no_file(serve: Serve, to: Path, name: str) -> None:
    to.write_bytes(b"old")
    archive = Archive(DATA)
    archive.headers = digest_line(name, OTHER)
    error = await failure_of(fetch(serve(archive), to), IntegrityError)
    assert DIGESTS[name] in error.message
    assert len(archive.asked) == 1
    assert (files_at(to), to.read_bytes()) == (["data.bin"], b"old")


async def test_a_digest_survives_a_restart(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)
    archive.headers = digest_line("Content-MD5", OTHER)
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    archive.headers = ""
    await failure_of(fetch(server, to), IntegrityError)


async def test_the_digest_of_the_caller_is_verified(serve: Serve, to: Path) -> None:
    server = serve(Archive(DATA))
    assert (await fetch(server, to, sha256=sha256(DATA).upper())).checked == ("sha256",)
    await failure_of(fetch(server, to, sha256=sha256(OTHER)), IntegrityError)
    await failure_of(fetch(server, to, sha256="abc"), InvalidRequestError)


MESSAGES = {
    "sha256": "sha256 must be 64 hexadecimal digits, got 'abc'",
    "digest": f"the sha256 of the file must be {sha256(OTHER)} as expected, got {sha256(DATA)}",
    "directory": "to must be the name of a file, got the directory {folder}",
    "status": "a response with this status is not a file",
}


@pytest.mark.parametrize("case", MESSAGES)
async def test_messages(serve: Serve, to: Path, case: str) -> None:
    async def accept(visit: RawExchange) -> None:
        await visit.answer(status=202)

    server = serve(accept if case == "status" else Archive(DATA))
    digest = {"sha256": "abc", "digest": sha256(OTHER)}.get(case)
    with pytest.raises((InvalidRequestError, IntegrityError)) as caught:
        await fetch(server, to.parent if case == "directory" else to, sha256=digest)
    assert caught.value.message == MESSAGES[case].format(folder=to.parent)


@pytest.mark.parametrize("line", ["Repr-Digest: sha-256=:!!:\r\n", "Digest: SHA-256=short\r\n", "Content-MD5: =\r\n"])
async def test_an_invalid_digest_is_not_verified(serve: Serve, to: Path, line: str) -> None:
    archive = Archive(DATA)
    archive.headers = line
    assert (await fetch(serve(archive), to)).checked == ()


async def test_a_file_of_unknown_length_has_no_total(serve: Serve, to: Path) -> None:
    seen = []

    async def chunked(visit: RawExchange) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")

    done = await fetch(serve(chunked), to, progress=lambda *facts: seen.append(facts))
    assert (to.read_bytes(), done.size, seen) == (b"abc", 3, [(0, None), (3, None)])


async def test_a_part_longer_than_announced_is_an_error(serve: Serve, to: Path) -> None:
    class Long(Archive):
        async def respond(self, visit: RawExchange, wanted: str | None) -> None:
            if wanted is None:
                return await super().respond(visit, wanted)
            start, size = int(wanted[6:-1]), len(DATA)
            head = f'HTTP/1.1 206 P\r\nETag: "v1"\r\nContent-Range: bytes {start}-{size - 1}/{size}\r\n'
            await visit.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            body = DATA[start:] + b"more"
            return await visit.send(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")

    error = await failure_of(fetch(serve(Long(DATA, 200_000)), to), IntegrityError)
    assert "more than" in error.message
    assert files_at(to) == []


async def test_an_empty_file_is_a_file(serve: Serve, to: Path) -> None:
    assert (await fetch(serve(Archive(b"")), to)).size == 0
    assert (to.read_bytes(), files_at(to)) == (b"", ["data.bin"])


async def test_a_compressed_response_is_decoded(serve: Serve, to: Path) -> None:
    archive = Archive(gzip.compress(b"text" * 1000))
    archive.headers = "Content-Encoding: gzip\r\n" + digest_line("Repr-Digest", OTHER)
    done = await fetch(serve(archive), to)
    assert (to.read_bytes(), done.checked, done.etag) == (b"text" * 1000, (), None)


# --- the disk ---------------------------------------------------------------------------------------------------------


async def test_the_old_file_stays_until_the_new_one_is_complete(serve: Serve, to: Path) -> None:
    to.write_bytes(b"old")
    archive = Archive(DATA, 200_000)
    server = serve(archive)
    await failure_of(fetch(server, to, retry=None), ProtocolError)
    assert to.read_bytes() == b"old"
    await fetch(server, to, progress=lambda done, size: to.read_bytes() == b"old" or pytest.fail("too early"))
    assert to.read_bytes() == DATA


async def test_an_unusable_path_is_rejected_before_sending(serve: Serve, to: Path) -> None:
    server = serve(Archive(DATA))
    for place, said in [
        (to.parent, "directory"),
        (to / "x", "cannot be written"),
        (to.parent / "no" / "x", "cannot be written"),
        (to.parent / ("x" * 300), "cannot be written"),
        (to.parent / "a\0b", "name of a file"),
        (Path(), "directory"),
        (Path("/"), "directory"),
        (to.parent / "a\ud800b", "name of a file"),
    ]:
        error = await failure_of(fetch(server, place), InvalidRequestError)
        assert said in str(error)
    assert server.heads == []


async def test_two_downloads_to_one_path_are_rejected(serve: Serve, to: Path) -> None:
    archive = Archive(DATA, 200_000)
    archive.stall = True
    server = serve(archive)
    async with client_of(server) as client:
        first = asyncio.create_task(client.download("/files/f", to=to))
        await server.until(lambda: len(server.heads) == 1)
        error = await failure_of(client.download("/files/f", to=to), InvalidRequestError)
        assert "already being downloaded" in str(error)
        first.cancel()
        await asyncio.wait([first])
        await client.download("/files/f", to=to)
    assert to.read_bytes() == DATA


async def test_a_full_disk_is_a_stream_error(serve: Serve, to: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    server = serve(Archive(DATA))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB // 4, hard))
    try:
        error = await failure_of(fetch(server, to), StreamError)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.strerror(errno.EFBIG) in str(error)
    assert len(server.heads) == 1
    wait_until(lambda: server.open == 0)


async def test_a_disk_that_was_full_at_the_start_leaves_no_file(serve: Serve, to: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    server = serve(Archive(DATA))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        await failure_of(fetch(server, to), StreamError)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files_at(to) == []


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (500, ServerError), (202, IntegrityError)])
async def test_an_error_response_leaves_no_file(serve: Serve, to: Path, status: int, kind: Any) -> None:
    async def refuse(visit: RawExchange) -> None:
        await visit.answer(b'{"message": "no"}', status=status)

    await failure_of(fetch(serve(refuse), to), kind)
    assert files_at(to) == []


async def test_an_exception_of_a_progress_callback_stops_the_download(serve: Serve, to: Path) -> None:
    def fail(done: int, size: int | None) -> None:
        if done:
            raise ZeroDivisionError

    server = serve(Archive(DATA))
    with pytest.raises(ZeroDivisionError):
        await fetch(server, to, progress=fail)
    await server.until(lambda: server.open == 0)
    assert (await fetch(server, to)).resumed_from > 0


# --- concurrency and security -----------------------------------------------------------------------------------------


async def test_many_concurrent_downloads(serve: Serve, to: Path) -> None:
    files = {f"/files/{number}": os.urandom(100_000 + number) for number in range(20)}

    async def behave(visit: RawExchange) -> None:
        await Archive(files[visit.target], *([50_000] if visit.number % 3 else [])).respond(
            visit, field(visit.head, "Range")
        )

    async with client_of(serve(behave), retry=Retry(attempts=20, base_delay=0.001)) as client:
        done = await asyncio.gather(
            *(client.download(name, to=to.with_name(name.rpartition("/")[2])) for name in files)
        )
    assert [item.path.read_bytes() for item in done] == list(files.values())
    assert len(files_at(to)) == 20


async def test_a_download_cancelled_at_any_await_can_be_resumed(serve: Serve, to: Path) -> None:
    server = serve(Archive(DATA))
    async with client_of(server) as client:
        async for _ in at_each_await(lambda: client.download("/files/f", to=to)):
            await server.until(lambda: server.open <= 1)
            done = await client.download("/files/f", to=to)
            assert (to.read_bytes(), done.size) == (DATA, len(DATA))
            to.unlink()
        assert files_at(to) == ["data.bin"]
    await server.until(lambda: server.open == 0)
    assert server.most == 1


class Owned(BaseClient):
    base_url = "http://localhost:9"
    tenant_headers = TenantHeaders(tenant="X-Tenant")


@pytest.fixture
async def owned() -> AsyncIterator[Owned]:
    headers: Any = {"X-Trace": "t", "X-Vendor-Key": Secret("s3cret"), "Cookie": "a=s3cret"}
    async with Owned(auth=ApiKey("s3cret"), tenant=Tenant("acme"), timeout=5).with_options(headers=headers) as client:
        yield client


async def test_another_origin_gets_no_credentials(serve: Serve, to: Path, owned: Owned) -> None:
    server = serve(Archive(DATA, 200_000))
    await owned.download(f"{server.url}/files/f?signature=abc", to=to)
    assert to.read_bytes() == DATA
    assert len(server.heads) == 2
    for head in server.heads:
        assert b"s3cret" not in head
        assert b"acme" not in head
        assert b"X-Trace" not in head
    await owned.download(f"{server.url}/files/f", to=to, headers={"X-Vendor-Key": "for-them"})
    assert field(server.heads[-1], "X-Vendor-Key") == "for-them"


async def test_a_failed_download_does_not_keep_its_client_alive(serve: Serve, to: Path) -> None:
    archives = [Archive(DATA, *[0] * 9), Archive(DATA)]
    archives[1].headers = digest_line("Content-MD5", OTHER)
    servers = [serve(archive) for archive in archives]
    gc.collect()
    gc.disable()
    try:
        for server, kind in zip(servers, (ProtocolError, IntegrityError), strict=True):
            client = client_of(server, retry=FEW)
            with pytest.raises(kind):
                await client.download("/files/f", to=to)
            alive = weakref.ref(client)
            await client.aclose()
            del client
            assert alive() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
async def test_a_large_file_takes_no_more_memory_than_a_small_one(to: Path) -> None:
    grown, digest = await memory_of_a_download(os.urandom(MIB), 48, to)
    assert grown < 16
    assert sha256(to.read_bytes()) == digest
