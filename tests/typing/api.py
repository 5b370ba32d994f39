"""Expected types of the public API. Not run: mypy and pyright check this file in ``nox -s types`` and must agree."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, assert_type

from typing_extensions import Unpack

from asdk import (
    BaseClient,
    CallOptions,
    ClientOptions,
    EventStream,
    NotFoundError,
    OpenEnum,
    Outcome,
    Paginator,
    Reconnect,
    Records,
    Request,
    Resource,
    Response,
    ResponseInfo,
    Retry,
    ServerSentEvent,
    Signer,
    StatusError,
    Tag,
    Tenant,
    Timeout,
    Token,
    TypedResponse,
    Unknown,
    Upload,
    field,
    model,
    resource,
    tagged,
    webhooks,
)
from asdk.bulk import MapResults
from asdk.http import Headers
from asdk.models import JsonValue
from asdk.pagination import (
    Cursor,
    GraphQLConnection,
    LinkHeader,
    NextLink,
    Offset,
    PageNumbers,
    PageStrategy,
    PageToken,
)
from asdk.streaming.streams import JsonLineStream
from asdk.transfers.download import DownloadResult


class Kind(OpenEnum):
    CAT = "cat"
    DOG = "dog"


@model
class Cat:
    kind: Literal["cat"]
    lives: int = 9


@model(rename="camel")
class Dog:
    kind: Literal["dog"]
    good_boy: bool = field(default=True, name="goodBoy")
    seen_at: datetime | None = None


@model
class Home:
    pets: list[Annotated[Cat | Dog, Tag("kind")]] = field(factory=list[Cat | Dog])


class Cats(Resource["Pets"]):
    async def get(self, name: str, **options: Unpack[CallOptions]) -> Cat:
        return await self._client.request("GET", "/cats/{name}", path_params={"name": name}, model=Cat, **options)

    def list(self, *, search: str | None = None, **options: Unpack[CallOptions]) -> Paginator[Cat]:
        strategy = PageNumbers(items="items", total="count")
        return self._client.paginate("/cats", params={"search": search}, model=Cat, strategy=strategy, **options)


class Pets(BaseClient):
    base_url = "https://pets.example.org"
    cats = resource(Cats)

    def __init__(self, *, breed: str | None = None, **options: Unpack[ClientOptions]) -> None:
        super().__init__(**options)
        self.breed = breed


async def requests(client: Pets) -> None:
    assert_type(await client.request("GET", "/x", model=Cat), Cat)
    assert_type(await client.request("GET", "/x", model=int), int)
    assert_type(await client.request("GET", "/x", model=list[Cat]), list[Cat])
    assert_type(await client.request("GET", "/x", model=dict[str, Cat]), dict[str, Cat])
    assert_type(await client.request("GET", "/x", model=Mapping[str, int]), Mapping[str, int])
    assert_type(await client.request("GET", "/x", model=Cat | Dog), Cat | Dog)
    assert_type(await client.request("GET", "/x", model=Cat | list[Cat] | None), Cat | list[Cat] | None)
    assert_type(await client.request("GET", "/x", model=Literal["a", "b"]), Literal["a", "b"])
    assert_type(await client.request("GET", "/x", model=Kind), Kind)
    assert_type(await client.request("GET", "/x", model=tagged("kind", Cat, Dog)), Cat | Dog)
    assert_type(await client.request("GET", "/x", model=tagged("kind", Cat | Dog)), Cat | Dog)
    assert_type(await client.request("GET", "/x", model=tagged("kind", Cat | Dog, rest=Unknown)), Cat | Dog | Unknown)
    assert_type(await client.request("GET", "/x", model=tagged("kind", Cat | Dog, mapping={"d": Dog})), Cat | Dog)
    assert_type(await client.request("GET", "/x", model=None), None)
    assert_type(await client.request("GET", "/x"), Any)
    assert_type(
        await client.request(
            "POST",
            "/x/{id}",
            path_params={"id": 1},
            params={"q": None},
            json=Cat(kind="cat"),
            timeout=Timeout(total=5),
            retry=None,
            tenant=Tenant("t"),
            headers={"X-A": "b", "X-C": None},
            idempotency_key=True,
            model=Dog,
        ),
        Dog,
    )
    assert_type(await client.send(client.build_request("GET", "/x")), Response)
    async with client.stream("GET", "/x") as response:
        assert_type(response, Response)
        assert_type(response.decode(list[Cat]), list[Cat])


async def streams_and_files(client: Pets) -> None:
    async with client.events("GET", "/x", model=Cat) as cats:
        assert_type(cats, EventStream[Cat])
        async for cat in cats:
            assert_type(cat, Cat)
    assert_type(client.events("GET", "/x"), EventStream[ServerSentEvent])
    assert_type(client.events("GET", "/x", model=Cat | Dog, reconnect=Reconnect(attempts=2)), EventStream[Cat | Dog])
    assert_type(client.events("GET", "/x", model=tagged("kind", Cat, Dog), reconnect=True), EventStream[Cat | Dog])
    assert_type(client.json_lines("GET", "/x", model=Cat), JsonLineStream[Cat])
    assert_type(client.json_lines("GET", "/x"), JsonLineStream[Any])
    assert_type(await client.download("/x", to="x", progress=lambda done, size: None, timeout=5), DownloadResult)
    await client.request("POST", "/x", files={"a": Upload(b"x")}, model=None)
    await client.request("POST", "/x", files=[("a", ("n", Upload(b"x"), "text/plain"))], model=None)
    await client.request("PUT", "/x", content=Upload(b"x"), model=None)


async def pages(client: Pets) -> None:
    strategy = PageNumbers(items="items")
    assert_type(client.paginate("/x", model=Cat, strategy=strategy), Paginator[Cat])
    assert_type(client.paginate("/x", model=list[Cat], strategy=strategy), Paginator[list[Cat]])
    assert_type(client.paginate("/x", model=Cat | Dog, strategy=strategy), Paginator[Cat | Dog])
    assert_type(client.paginate("/x", model=Literal["a"], strategy=strategy), Paginator[Literal["a"]])
    assert_type(client.paginate("/x", strategy=strategy), Paginator[Any])
    paginator = client.cats.list(search="tom")
    async for cat in paginator:
        assert_type(cat, Cat)
    async for page in paginator.pages():
        assert_type(page, Records[Cat])
    assert_type(await paginator.first(), Cat | None)
    assert_type(await paginator.collect(limit=5), Records[Cat])
    assert_type(paginator.prefetch(8), Paginator[Cat])
    assert_type(paginator.cursor, str)
    assert_type(paginator.resume(paginator.cursor), Paginator[Cat])
    assert_type(paginator.with_cursor_key(b"key"), Paginator[Cat])
    assert_type(client.paginate("/x", model=Cat, strategy=PageToken(), prefetch=2), Paginator[Cat])
    assert_type(client.paginate("/x", model=Cat, strategy=PageNumbers(), cursor_key="key"), Paginator[Cat])
    assert_type(client.paginate("/x", strategy=LinkHeader(items="items", rel="next")), Paginator[Any])
    strategies: list[PageStrategy] = [
        PageNumbers(),
        Offset(),
        PageToken(),
        Cursor(),
        LinkHeader(),
        NextLink("links.next"),
    ]
    strategies.append(GraphQLConnection("data.pets"))
    assert_type(client.paginate("/x", json={"q": 1}, model=Cat, strategy=strategies[0]), Paginator[Cat])


async def maps(client: Pets, names: AsyncIterator[str]) -> None:
    assert_type(client.map(client.cats.get, ["tom"]), MapResults[Cat])
    assert_type(client.map(client.cats.get, names, concurrency=5, ordered=False, progress=True), MapResults[Cat])
    assert_type(client.map(client.cats.get, (cat.kind for cat in [Cat(kind="cat")])), MapResults[Cat])
    async for outcome in client.map(client.cats.get, names, progress="cats"):
        assert_type(outcome, Outcome[Cat])
        assert_type(outcome.index, int)
        assert_type(outcome.value, Cat | None)
        assert_type(outcome.error, BaseException | None)
        assert_type(outcome.ok, bool)
        assert_type(outcome.result(), Cat)
    async with client.map(client.cats.get, names) as outcomes:
        assert_type(await anext(outcomes), Outcome[Cat])

    async def lives(cat: Cat) -> int:
        return cat.lives

    async for count in client.map(lives, client.cats.list()):
        assert_type(count.result(), int)


async def copies_and_resources(client: Pets) -> None:
    assert_type(client.with_options(timeout=5, retry=Retry(attempts=2), tenant=None), Pets)
    assert_type(Pets.from_env(dotenv=None), Pets)
    assert_type(client.cats, Cats)
    assert_type(await client.cats.get("tom", timeout=1), Cat)
    async with client as same:
        assert_type(same, Pets)


def models() -> None:
    dog = Dog(kind="dog", good_boy=False)
    assert_type(dog.good_boy, bool)
    assert_type(dog.seen_at, datetime | None)
    assert_type(Home().pets, list[Cat | Dog])
    assert_type(Kind("new"), Kind)


class HeaderSigner(Signer):
    """A signer as users write it."""

    async def prepare(self, request: Request) -> None:
        assert_type(await request.body_digest(), bytes | None)

    def sign(self, request: Request, token: Token | None) -> None:
        request.headers["X-Signature"] = "" if token is None else token.value.reveal()


async def signing(body: bytes, headers: Mapping[str, str]) -> None:
    """Check signers and webhooks."""
    assert_type(Pets(signer=HeaderSigner()), Pets)
    Pets(signer=HeaderSigner)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    webhook = webhooks.verify(body, headers, webhooks.GitHubWebhooks("secret"), tolerance=None)
    assert_type(webhook, webhooks.Webhook)
    assert_type(webhook.decode(Cat), Cat)
    assert_type(webhook.decode(list[Cat]), list[Cat])
    assert_type(webhook.json(), Any)
    webhooks.verify(body.decode(), headers, webhooks.GitHubWebhooks("secret"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Dialect(BaseClient):
    """A client whose hooks see no Any."""

    def describe_error(self, data: JsonValue) -> tuple[str | None, str | None]:
        found = data.get("oops") if isinstance(data, dict) else None
        return None, found if isinstance(found, str) else None


def remember(info: ResponseInfo) -> None:
    """Take what ``on_response`` gives."""
    assert_type(info.status, int)
    assert_type(info.request_id, str | None)


async def facts(client: Pets, error: StatusError) -> None:
    """Check the facts beside a value."""
    response = await client.request("GET", "/cats", model=TypedResponse[list[Cat]])
    assert_type(response, TypedResponse[list[Cat]])
    assert_type(response.value, list[Cat])
    assert_type(response.headers, Headers)
    assert_type(await client.request("GET", "/cat", model=Cat, on_response=remember, if_none_match='"a"'), Cat)
    assert_type(client.with_options(on_response=remember), Pets)
    await client.request("GET", "/cat", on_response=len)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.request("GET", "/cat", if_match=7)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    assert_type(error.decode(Cat), Cat)
    assert_type(error.decode(Cat | Dog), Cat | Dog)
    assert_type(error.convert_to(NotFoundError, message="gone", hint="look elsewhere"), NotFoundError)


def mistakes(client: Pets) -> None:
    Dog("dog")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Cat(kind="dog")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    dog = Dog(kind="dog")
    dog.good_boy = False  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    client.map(client.cats.get, [1])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.map(len, ["tom"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.with_options(tiemout=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Pets(tiemout=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
