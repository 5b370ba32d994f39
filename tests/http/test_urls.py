"""Tests of URLs: normalized origins, path values that stay in their segment, and queries that round-trip."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import UUID

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from asdk import BaseClient
from asdk.errors import ConfigurationError, InvalidRequestError
from asdk.http.urls import BaseURL, Origin, PathTemplate, QueryStyle, has_surrogate, parse_url, path_template
from asdk.secret import MASK, Secret
from asdk.unset import UNSET


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Answer(Enum):
    YES = True
    NO = False


class Price(Enum):
    LOW = Decimal("9.90")


class Mode(StrEnum):
    FAST = "fa/st"


class OldMode(str, Enum):  # noqa: UP042 - as it was written before 3.11
    FAST = "fast"


class Level(IntEnum):
    LOW = 1


class Name(str):
    def __str__(self) -> str:
        return "../other"


HUGE = 10**5000

hosts = st.lists(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True), min_size=1, max_size=3).map(
    ".".join
)


# --- origins ----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    scheme=st.sampled_from(["http", "https"]), host=hosts, port=st.none() | st.integers(1, 65535), spell=st.integers(0)
)
def test_equal_origins_are_normalized_alike(scheme: str, host: str, port: int | None, spell: int) -> None:
    def mixed(text: str) -> str:
        return "".join(c.upper() if spell >> i & 1 else c for i, c in enumerate(text))

    number = port or {"http": 80, "https": 443}[scheme]
    plain = f"{scheme}://{host}" + (f":{port}" if port else "")
    for url in (plain, f"{mixed(scheme)}://{mixed(host)}:{number}", f"{scheme}://{host}:0{number}/x?y#z"):
        assert parse_url(url)[0] == Origin(scheme, host, number)
    assert parse_url(str(parse_url(plain)[0]))[0] == parse_url(plain)[0]


pieces = st.sampled_from(
    [
        "http",
        "https",
        ":",
        "//",
        "/",
        "@",
        "?",
        "#",
        "[",
        "]",
        "::1",
        "evil.com",
        "h",
        "8080",
        "0",
        ".",
        "..",
        "%2e",
        "%",
        "é",
        "。",
        "\uff45",
        "\\",
        "user:pass",
        "xn--",
        "-",
        "_",
        ";",
        "+",
        " ",
        "\t",
        "\r\n",
        "\x00",
        "\x7f",
        "\ud800",
    ]
)


@settings(deadline=None, max_examples=400)
@given(
    url=st.text() | st.lists(pieces, max_size=8).map("".join) | st.lists(pieces).map(lambda p: "https://" + "".join(p))
)
def test_a_url_is_parsed_unambiguously_or_rejected(url: str) -> None:
    try:
        origin, rest = parse_url(url)
    except InvalidRequestError:
        return
    whole = f"{origin}{rest}"
    assert whole.isascii()
    assert not set(whole) & (set(string.whitespace) | set("\\#@" if "@" not in rest else "\\#") | {"\x00", "\x7f"})
    assert origin.host == origin.host.lower()
    assert not rest or rest[0] in "/?"
    assert parse_url(whole) == (origin, rest)


@pytest.mark.parametrize(
    ("url", "origin", "rest"),
    [
        ("https://h", "https://h", ""),
        ("HTTPS://H:443/A?b=C#d", "https://h", "/A?b=C"),
        ("http://h:8080/", "http://h:8080", "/"),
        ("http://h:", "http://h", ""),
        ("https://[::1]:8443/x", "https://[::1]:8443", "/x"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]", ""),
        ("https://[2001:db8:0:0::0001]", "https://[2001:db8::1]", ""),
        ("https://[0:0::1]", "https://[::1]", ""),
        ("https://müller.de/ü?q=ü", "https://xn--mller-kva.de", "/%C3%BC?q=%C3%BC"),
        ("https://\uff45vil。com", "https://evil.com", ""),
        ("https://h./x", "https://h.", "/x"),
        ("https://h//evil.com/../x", "https://h", "//evil.com/../x"),
        ("https://h/%2e%2e/%zz", "https://h", "/%2e%2e/%zz"),
        ("https://h?q", "https://h", "?q"),
        ('https://h/a|b"<>[]?c[0]=1|2', "https://h", "/a%7Cb%22%3C%3E%5B%5D?c%5B0%5D=1%7C2"),
    ],
)
def test_a_url_is_split_into_origin_and_rest(url: str, origin: str, rest: str) -> None:
    parsed, left = parse_url(url)
    assert (str(parsed), left) == (origin, rest)


def test_an_ipv4_mapped_ipv6_address_is_normalized() -> None:
    # Which form is the compressed one depends on the version of Python.
    assert parse_url("https://[::ffff:192.0.2.1]") == parse_url("https://[::FFFF:c000:0201]")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h",
        "/x",
        "//evil.com/x",
        "http:h",
        "http:/h",
        "http:///x",
        "ftp://h",
        "javascript:alert(1)",
        "https://user@h/",
        "https://user:pass@h/",
        "https://@h/",
        "https://h\\@evil.com/",
        "https://h\r\n.evil.com/",
        "https://h\t/",
        " https://h",
        "https://h ",
        "https://h/a b",
        "https://h/\x00",
        "https://h/\x7f",
        "https://h/\ud800",
        "https://h:0/",
        "https://h:99999/",
        "https://h:x/",
        "https://h:٣/",
        "https://h:8_0/",
        "https://h..x/",
        "https://.",
        "https://h%2eevil.com/",
        "https://h;x/",
        "https://[::1/",
        "https://[::1%25eth0]/",
        "https://[::1::]/",
        "https://[12345::]/",
        "https://[v1.x]/",
        "https://[::1].evil.com/",
        "http://[::1]x:80/",
        "https://h[::1]/",
        "https://" + "a" * 64 + "/",
        None,
        5,
        b"https://h",
    ],
)
def test_an_ambiguous_url_is_rejected(url: Any) -> None:
    with pytest.raises(InvalidRequestError):
        parse_url(url)


@settings(deadline=None)
@given(
    scheme=st.sampled_from(["http://", "https://", "HTTPS://", "ftp://", ""]),
    password=st.text(st.characters(exclude_characters="*"), min_size=4),
    end=st.sampled_from(["h", "h/x", "h/ x", "h:x/", "h\\", "[h/"]),
)
def test_the_error_for_a_url_does_not_show_its_password(scheme: str, password: str, end: str) -> None:
    assume(password not in "invalid URL https://********@h/x: it must not contain credentials a lone surrogate host")
    for parse in (parse_url, BaseURL.parse):
        try:
            parse(f"{scheme}user:{password}@{end}")
        except (InvalidRequestError, ConfigurationError) as error:
            shown = str(error)
        else:
            continue  # such as http://user:80/@h, whose host is "user"
        assert password not in shown
        assert repr(password)[1:-1] not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ftp://h/x?y=1#z", "ftp://h/x"),
        ("https://h:99999/x#y", "https://h:99999/x"),
        ("https://u:p@h/x?y", f"https://{MASK}@h/x"),
        ("HTTPS://u@h", f"HTTPS://{MASK}@h"),
        ("u:p@h", f"{MASK}@h"),
    ],
)
def test_the_error_for_a_url_shows_its_harmless_part(url: str, shown: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_url(url)
    assert str(caught.value).startswith(f"invalid URL {shown!r}: ")


def test_the_error_for_a_url_does_not_show_its_query() -> None:
    for url in ("https://h/x y?key=s3cr3t", "ftp://h/?key=s3cr3t", "ftp://h/#s3cr3t"):
        with pytest.raises(InvalidRequestError) as caught:
            parse_url(url)
        assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("https://example.org", True),
        ("http://example.org", False),
        ("http://localhost:8000", True),
        ("http://api.localhost", True),
        ("http://127.0.0.1", True),
        ("http://127.1.2.3:5", True),
        ("http://[::1]", True),
        ("http://127.0.0.1.evil.com", False),
        ("http://localhost.evil.com", False),
        ("http://evil-localhost", False),
        ("http://[::2]", False),
        ("http://128.0.0.1", False),
        ("http://0x7f.1", False),
    ],
)
def test_https_and_loopback_origins_are_secure(url: str, secure: bool) -> None:
    assert parse_url(url)[0].is_secure is secure


# --- base URLs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("https://h", "https://h"),
        ("https://h/", "https://h"),
        ("https://H:443/api/v1", "https://h/api/v1"),
        ("https://h/api/v1///", "https://h/api/v1"),
        ("http://h:80/%7Euser/ü", "http://h/%7Euser/%C3%BC"),
    ],
)
def test_a_base_url_keeps_its_path(url: str, prefix: str) -> None:
    assert str(BaseURL.parse(url)) == prefix


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "base_url is missing"),
        (None, "base_url is missing"),
        ("h", "must start with http"),
        ("https://h?x=1", "query or a fragment"),
        ("https://h#x", "query or a fragment"),
        ("https://user:pw@h", "credentials"),
        (" https://h", "space"),
        (5, "url must be a str"),
    ],
)
def test_an_invalid_base_url_is_a_configuration_error(url: Any, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        BaseURL.parse(url)


# --- path templates ---------------------------------------------------------------------------------------------------

BASE = BaseURL.parse("https://api.example.org/v1")

plain_values = (
    st.text(min_size=1)
    | st.lists(
        st.sampled_from([".", "..", "/", "%2e", "%2F", "\\", "?", "#", ";", "//", "@", ":", "\r\n"]), min_size=1
    ).map("".join)
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.uuids()
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.just(UTC))
    | st.sampled_from([Color.RED, Mode.FAST, OldMode.FAST, Level.LOW, Name("x")])
)


@settings(deadline=None, max_examples=400)
@given(
    template=st.sampled_from(["/a/{x}", "/{x}", "/a/{x}/b", "/a/{x}/{y}", "/{x}:{y}", "/a.{x}/b", "/a/{x}{y}/b"]),
    x=plain_values,
    y=plain_values,
)
def test_any_value_stays_in_its_path_segment(template: str, x: object, y: object) -> None:
    compiled = path_template(template)
    values = {name: value for name, value in {"x": x, "y": y}.items() if name in compiled.names}
    if any(isinstance(value, str) and has_surrogate(value) for value in values.values()):
        with pytest.raises(InvalidRequestError, match="surrogate"):
            compiled.expand(values)
        return
    if any(changes_the_route(text_of(value)) for value in values.values()):
        with pytest.raises(InvalidRequestError, match=r"segment|empty"):
            compiled.expand(values)
        return
    path = compiled.expand(values)
    segments = path.split("/")
    assert len(segments) == template.count("/") + 1
    assert not {".", ".."} & set(segments)
    assert set(path) <= set(string.ascii_letters + string.digits + "/%-._~:")
    origin, rest = parse_url(f"{BASE}{path}")
    assert (origin, rest) == (BASE.origin, f"/v1{path}")


def routes(text: str) -> Iterator[list[str]]:
    """Yield the segments that servers may see in a text that they decode up to three times."""
    for _ in range(4):
        yield [segment.split(";")[0] for segment in text.replace("\\", "/").split("/")]
        text = unquote(text)


def changes_the_route(text: str) -> bool:
    return any(segment in {"", ".", ".."} for segments in routes(text) for segment in segments)


CLIMBING = [
    "..",
    ".",
    "../x",
    "a/../b",
    "%2e%2E",
    "%252e.",
    "%25252e%2e/x",
    "..\\x",
    "..;a=b",
    "a/..;x/b",
    "/",
    "//",
    "a//b",
    "/etc",
    "x/",
    "%2F..%2F",
    ";x",
    "a%5C..",
]


@pytest.mark.parametrize("template", ["/users/{id}", "/users/{id}/keys", "/users/{+id}", "/users/{+id}/keys"])
@pytest.mark.parametrize("value", CLIMBING)
def test_a_value_that_changes_the_route_is_refused(template: str, value: str) -> None:
    with pytest.raises(InvalidRequestError, match="'id' must not contain"):
        path_template(template).expand({"id": value})


@pytest.mark.parametrize(
    ("value", "encoded", "kept"),
    [
        ("group/project", "group%2Fproject", "group/project"),
        ("TCP/IP", "TCP%2FIP", "TCP/IP"),
        ("src/main.py", "src%2Fmain.py", "src/main.py"),
        ("...", "...", "..."),
        (".bashrc", ".bashrc", ".bashrc"),
        ("a..b", "a..b", "a..b"),
        ("100%", "100%25", "100%25"),
        ("C:\\x", "C%3A%5Cx", "C%3A%5Cx"),
        ("v1.0;beta", "v1.0%3Bbeta", "v1.0%3Bbeta"),
    ],
)
def test_slashes_are_encoded_unless_the_template_says_otherwise(value: str, encoded: str, kept: str) -> None:
    assert path_template("/x/{id}").expand({"id": value}) == f"/x/{encoded}"
    assert path_template("/x/{+id}").expand({"id": value}) == f"/x/{kept}"


def text_of(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    return value.isoformat() if isinstance(value, date | time) else value[:] if isinstance(value, str) else str(value)


@settings(deadline=None)
@given(value=plain_values)
def test_a_path_value_round_trips(value: object) -> None:
    try:
        path = path_template("/a/{x}").expand({"x": value})
    except InvalidRequestError:
        return
    assert unquote(path.removeprefix("/a/"), errors="strict") == text_of(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        b"a",
        bytearray(b"a"),
        [],
        ["a"],
        {"a": 1},
        (1,),
        "\ud800",
        float("nan"),
        float("inf"),
        HUGE,
        -HUGE,
        UNSET,
        Secret("a"),
        datetime(2025, 1, 1),
        timedelta(1),
        object(),
        ...,
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_error_for_an_unsupported_path_value_names_it(value: object) -> None:
    with pytest.raises(InvalidRequestError, match="path parameter 'x'"):
        path_template("/a/{x}").expand({"x": value})


@pytest.mark.parametrize(
    ("template", "values", "problem"),
    [
        ("/a/{x}/{z}", {"z": 1}, "['x', 'z']: missing ['x'], unknown []"),
        ("/a/{x}", {"x": 1, "y": 2}, "['x']: missing [], unknown ['y']"),
        ("/a/{x}", {"y": 1}, "['x']: missing ['x'], unknown ['y']"),
        ("/a", {"y": 1}, "[]: missing [], unknown ['y']"),
    ],
)
def test_path_params_must_match_the_template(template: str, values: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        path_template(template).expand(values)
    assert str(caught.value).endswith(problem)


def test_expanding_keeps_the_literal_text() -> None:
    assert path_template("/a/b/").expand({}) == "/a/b/"
    assert path_template("/a/{x}").expand({"x": "v1.2~b_c-d"}) == "/a/v1.2~b_c-d"
    assert path_template("/ü/{x}/%41").expand({"x": 1}) == "/%C3%BC/1/%41"
    assert path_template("//evil.com/{x}").expand({"x": 1}) == "//evil.com/1"  # comes after the base URL


@settings(deadline=None, max_examples=300)
@given(
    template=st.text()
    | st.lists(st.sampled_from(["/", "{", "}", "a", "{a}", "{b}", "..", ".", "%2e", "?", "#", " ", "\\", "é"])).map(
        "".join
    )
)
def test_a_template_is_compiled_or_rejected(template: str) -> None:
    try:
        compiled = path_template(template)
    except InvalidRequestError:
        return
    assert isinstance(compiled, PathTemplate)
    path = compiled.expand(dict.fromkeys(compiled.names, "v"))
    assert path.startswith("/")
    assert path.count("/") == template.count("/")
    assert not {"..", "."} & {unquote(segment) for segment in path.split("/")}


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("", "start with '/'"),
        ("a/{x}", "start with '/'"),
        ("/{x", "brace"),
        ("/x}", "brace"),
        ("/{{x}}", "brace"),
        ("/{}", "unique identifier"),
        ("/{a b}", "unique identifier"),
        ("/{a-b}", "unique identifier"),
        ("/{0}", "unique identifier"),
        ("/{x}/{x}", "unique identifier"),
        ("/a?b={x}", "params="),
        ("/a#b", "params="),
        ("/a b", "space"),
        ("/a\\b", "backslash"),
        ("/a\r\nb", "control character"),
        ("/\ud800", "surrogate"),
        ("/a/../b", "dot segment"),
        ("/./a", "dot segment"),
        ("/a/%2e%2E/b", "dot segment"),
        ("/a/.%2e", "dot segment"),
    ],
)
def test_the_error_for_a_template_gives_the_reason(template: str, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        path_template(template)


NUMBERS = [
    (Decimal("1.50"), "1.50"),
    (Decimal("-0.10"), "-0.10"),
    (Decimal("1E+400"), "1E+400"),
    (Decimal("12345678901234567890.123456789012345678"), "12345678901234567890.123456789012345678"),
    (Price.LOW, "9.90"),
    (np.int64(3), "3"),
    (np.int8(-3), "-3"),
    (np.uint64(2**64 - 1), "18446744073709551615"),
    (np.float32(0.1), "0.1"),
    (np.float16(1.5), "1.5"),
    (np.float64(2.5), "2.5"),
    (np.array(7), "7"),
    (np.bool_(True), "true"),
    (np.bool_(False), "false"),
    (True, "true"),
]


@pytest.mark.parametrize(("number", "text"), NUMBERS, ids=lambda value: f"{type(value).__name__}-{value}")
def test_a_decimal_or_numpy_number_keeps_its_digits_everywhere(number: object, text: str) -> None:
    encoded = text.replace("+", "%2B")
    client = BaseClient(base_url="http://localhost")
    assert client.build_request("GET", "/", params={"q": number}).url.endswith(f"/?q={encoded}")
    assert client.build_request("GET", "/", params={"q": [number, 1]}).url.endswith(f"/?q={encoded}&q=1")
    assert client.build_request("GET", "/{q}", path_params={"q": number}).url.endswith(f"/{encoded}")
    assert client.build_request("POST", "/", form={"q": number}).body == f"q={encoded}".encode()


@given(number=st.decimals(allow_nan=False, allow_infinity=False))
def test_any_decimal_round_trips_through_a_query(number: Decimal) -> None:
    [(_, text)] = parse_qsl(QueryStyle().encode({"q": number}))
    assert Decimal(text).compare_total(number) == 0


def test_a_numpy_boolean_follows_the_query_style() -> None:
    assert QueryStyle(true="1", false="0").encode({"a": np.bool_(True), "b": [np.bool_(False)]}) == "a=1&b=0"


# --- queries ----------------------------------------------------------------------------------------------------------

utf8 = st.text(st.characters(exclude_categories=["Cs"]))
query_values = (
    utf8
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.uuids()
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.just(UTC))
    | st.sampled_from([Color.RED, Mode.FAST, OldMode.FAST, Level.LOW])
)


def spelled(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else text_of(value)


@settings(deadline=None)
@given(params=st.dictionaries(utf8, st.none() | query_values | st.lists(query_values, max_size=3), max_size=4))
def test_a_query_round_trips(params: dict[str, Any]) -> None:
    query = QueryStyle().encode(params)
    pairs = [
        (name, spelled(item))
        for name, value in params.items()
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    ]
    assert parse_qsl(query, keep_blank_values=True, errors="strict") == pairs
    assert set(query) <= set(string.ascii_letters + string.digits + "-._~%=&")


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({}, ""),
        ({"a": None}, ""),
        ({"a": []}, ""),
        ({"a": ""}, "a="),
        ({"a": True, "b": False}, "a=true&b=false"),
        ({"a": [1, "x"], "b": (2,)}, "a=1&a=x&b=2"),
        ({"a": set(string.ascii_lowercase)}, "&".join(f"a={letter}" for letter in string.ascii_lowercase)),
        ({"a": Answer.YES, "b": [Answer.NO]}, "a=true&b=false"),
        ({"a": frozenset({2, "x"})}, "a=2&a=x"),
        ({"a": {Color.RED, Color.BLUE}}, "a=blue&a=red"),
        ({"a": date(2025, 1, 2)}, "a=2025-01-02"),
        ({"a": datetime(2025, 1, 2, tzinfo=UTC)}, "a=2025-01-02T00%3A00%3A00%2B00%3A00"),
        ({"a": UUID(int=1)}, "a=00000000-0000-0000-0000-000000000001"),
        ({"a b&": "c=d&e"}, "a%20b%26=c%3Dd%26e"),
    ],
)
def test_the_default_encoding_of_values(params: dict[str, Any], query: str) -> None:
    assert QueryStyle().encode(params) == query


def test_the_encoding_of_values_is_configurable() -> None:
    style = QueryStyle(true="1", false="0", separator=",", list_suffix="[]")
    assert style.encode({"a": [True, "x"], "b": False}) == "a%5B%5D=1%2Cx&b=0"
    assert QueryStyle(list_suffix="[]").encode({"a": [1, 2]}) == "a%5B%5D=1&a%5B%5D=2"


@pytest.mark.parametrize(
    "value",
    [
        b"a",
        {"a": 1},
        [None],
        [[1]],
        [{}],
        float("nan"),
        float("inf"),
        HUGE,
        datetime(2025, 1, 1),
        timedelta(1),
        Decimal("NaN"),
        Decimal("-Infinity"),
        Decimal("sNaN1"),
        np.float32("nan"),
        np.float16("-inf"),
        np.complex64(1),
        np.timedelta64(1, "s"),
        np.datetime64("2025-01-01"),
        np.array([1]),
        np.ma.masked,
        Fraction(1, 2),
        (x for x in "ab"),
        range(3),
        UNSET,
        Secret("a"),
        object(),
        "\ud800",
        ["\ud800"],
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_error_for_an_unsupported_query_value_names_it(value: object) -> None:
    with pytest.raises(InvalidRequestError, match="parameter 'page'"):
        QueryStyle().encode({"page": value})


@pytest.mark.parametrize("name", [5, None, b"a", "\ud800"])
def test_a_parameter_name_must_be_a_str(name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="parameter name"):
        QueryStyle().encode({name: "x"})


def test_a_subclass_may_change_the_encoding() -> None:
    class Shouting(QueryStyle):
        def spell(self, name: str, value: object) -> str:
            return super().spell(name, value).upper()

    upper: Callable[[dict[str, Any]], str] = Shouting().encode
    assert upper({"a": ["x", True]}) == "a=X&a=TRUE"
