"""`Config`: precedence, origins, validation, and secrets that are never shown."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.config import Config, check_key, secret_argument
from asdk.errors import ConfigurationError
from asdk.secret import MASK, Secret

ORIGINS = ["argument", "environment API_URL", ".env API_URL", "default"]


@given(found=st.sets(st.sampled_from(ORIGINS)))
def test_argument_environment_file_default_in_this_order(found: set[str]) -> None:
    Path(".env").write_text("API_URL=.env API_URL\n" if ".env API_URL" in found else "OTHER=1\n")
    config = Config("API", environ={"API_URL": "environment API_URL"} if "environment API_URL" in found else {})
    value = config.get(
        "url", "argument" if "argument" in found else None, default="default" if "default" in found else None
    )
    first = next((origin for origin in ORIGINS if origin in found), None)
    assert value == first
    assert config.origin("url") == (first or "not set")
    assert config.is_argument("url") is (first == "argument")


def test_the_process_environment_is_read_on_each_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config("API")
    monkeypatch.setenv("API_URL", "https://one")
    assert config.get("url") == "https://one"
    monkeypatch.setenv("API_URL", "https://two")
    assert config.get("url") == "https://two"


def test_an_empty_variable_counts_as_unset() -> None:
    Path(".env").write_text("API_URL=file\nAPI_KEY=\n")
    config = Config("API", environ={"API_URL": "", "API_KEY": ""})
    assert config.get("url") == "file"
    assert config.secret("key") is None


def test_additional_names_are_searched_after_the_prefixed_name() -> None:
    names = {"key": ("VENDOR_TOKEN", "VENDOR_KEY")}
    config = Config("API", names=names, environ={"VENDOR_KEY": "b", "VENDOR_TOKEN": "a"}, dotenv=None)
    assert config.get("key") == "a"
    assert config.origin("key") == "environment VENDOR_TOKEN"
    assert config.looked_for("key") == "API_KEY, VENDOR_TOKEN, VENDOR_KEY in the environment and in no file"
    config = Config("API", names=names, environ={"API_KEY": "c", "VENDOR_KEY": "b"})
    assert config.get("key") == "c"


def test_without_a_prefix_only_additional_names_are_searched() -> None:
    config = Config(names={"key": ("VENDOR_KEY",)}, environ={"KEY": "a", "_KEY": "b", "VENDOR_KEY": "c"}, dotenv=None)
    assert config.get("key") == "c"
    assert config.get("url") is None


def test_the_file_is_not_exported_and_parents_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("API_URL=here\nIGNORED=1\n")
    assert Config("API").get("url") == "here"
    assert "API_URL" not in os.environ
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert Config("API").get("url") is None


def test_a_file_with_a_byte_order_mark_and_crlf_is_read() -> None:
    Path(".env").write_bytes("\ufeffAPI_URL=first\r\nAPI_NAME=sécond\r\n".encode())
    config = Config("API")
    assert (config.get("url"), config.get("name")) == ("first", "sécond")


@pytest.mark.parametrize("dotenv", ["settings.env", Path("settings.env")])
def test_dotenv_may_name_another_file(dotenv: Any) -> None:
    Path("settings.env").write_text("API_URL=there\nexport API_NAME='a b'  # comment\n")
    config = Config("API", environ={}, dotenv=dotenv)
    assert (config.get("url"), config.get("name")) == ("there", "a b")
    assert config.origin("url") == "settings.env API_URL"


def test_a_named_file_must_exist_and_be_readable() -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.env"):
        Config("API", dotenv="nothing.env").get("url")
    Path("utf16.env").write_bytes("API_URL=x".encode("utf-16"))
    with pytest.raises(ConfigurationError, match=r"utf16\.env"):
        Config("API", dotenv="utf16.env").get("url")
    Path("folder.env").mkdir()
    with pytest.raises(ConfigurationError, match=r"folder\.env"):
        Config("API", dotenv="folder.env").get("url")


def test_the_file_is_not_read_if_a_value_was_found_before() -> None:
    config = Config("API", environ={"API_URL": "a"}, dotenv="nothing.env")
    assert config.get("url") == "a"
    assert config.get("name", "b") == "b"


@pytest.mark.parametrize("value", ["a\nb", "a\r", "a\x00", "\x7f"])
def test_control_characters_are_rejected_from_any_origin(value: str) -> None:
    config = Config("API", environ={"API_URL": value}, dotenv=None)
    for read in (lambda: config.get("url"), lambda: config.get("url", value), lambda: config.secret("url")):
        with pytest.raises(ConfigurationError, match="control character"):
            read()


@pytest.mark.parametrize("value", [5, 1.5, b"a", Path("a"), ["a"], True], ids=lambda value: type(value).__name__)
def test_a_setting_must_be_a_str(value: Any) -> None:
    config = Config("API", environ={}, dotenv=None)
    for read in (lambda: config.get("url", value), lambda: config.secret("key", value)):
        with pytest.raises(ConfigurationError, match=r"(url|key) \(argument\) must be a str"):
            read()


# --- secrets --------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(key=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_a_key_of_visible_ascii_is_accepted(key: str) -> None:
    config = Config("API", environ={"API_KEY": key}, dotenv=None)
    assert config.secret("key") == config.secret("key", key) == config.secret("key", Secret(key)) == Secret(key)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "is empty"),
        (" s3cr3t", "whitespace"),
        ("s3cr3t ", "whitespace"),
        ("\u00a0s3cr3t", "whitespace"),
        ("s3 cr3t", "visible ASCII"),
        ("s3cr3té", "visible ASCII"),
        ("s3cr3t\ud800", "visible ASCII"),
        ("s3cr3t\n", "control character"),
    ],
)
def test_an_invalid_key_is_rejected_without_showing_it(key: str, reason: str) -> None:
    config = Config("API", environ={}, dotenv=None)
    with pytest.raises(ConfigurationError, match=reason) as caught:
        config.secret("key", key)
    assert "key (argument)" in str(caught.value)
    assert "s3" not in str(caught.value)


def test_a_password_may_contain_spaces_and_any_letters() -> None:
    config = Config("API", environ={}, dotenv=None)
    assert config.secret("password", " pä ss ", free_text=True) == Secret(" pä ss ")
    with pytest.raises(ConfigurationError, match="is empty"):
        config.secret("password", "", free_text=True)


def test_check_key_returns_the_key() -> None:
    key = Secret("a")
    assert check_key("the key", key) is key
    with pytest.raises(ConfigurationError, match=r"^the key is empty"):
        check_key("the key", Secret(""))


def test_secret_argument_wraps_a_str() -> None:
    assert secret_argument("a") == secret_argument(Secret("a")) == Secret("a")
    assert secret_argument(None) is None


def test_explain_lists_values_and_origins_but_no_secrets() -> None:
    config = Config("API", environ={"API_KEY": "s3cr3t"}, dotenv=None)
    config.secret("key")
    config.get("url", "https://h")
    config.get("name")
    config.get("region", default="eu")
    config.number("timeout", 5)
    config.note("token", Secret("s3cr3t"), "file tokens.json")
    assert config.explain().splitlines() == [
        f"key = {MASK} (environment API_KEY)",
        "url = https://h (argument)",
        "name = None (not set)",
        "region = eu (default)",
        "timeout = 5 (argument)",
        f"token = {MASK} (file tokens.json)",
    ]
    assert "s3cr3t" not in config.explain()
    assert repr(config) == "Config('API', dotenv=None)"


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "number"), [("5", 5.0), ("0.25", 0.25), ("-1", -1.0), ("007", 7.0), ("", None)])
def test_number_parses_decimal_text(text: str, number: float | None) -> None:
    assert Config("API", environ={"API_TIMEOUT": text}, dotenv=None).number("timeout") == number


@pytest.mark.parametrize("text", ["x", "1_000", "nan", "inf", "1e3", "٣", "5s", "0x5", "1.", ".5", "1,5", "--1"])
def test_a_value_that_is_not_a_decimal_number_is_rejected(text: str) -> None:
    with pytest.raises(ConfigurationError, match="environment API_TIMEOUT") as caught:
        Config("API", environ={"API_TIMEOUT": text}, dotenv=None).number("timeout")
    assert repr(text) in str(caught.value)


def test_a_number_argument_takes_precedence() -> None:
    config = Config("API", environ={"API_TIMEOUT": "x"}, dotenv=None)
    assert config.number("timeout", 0.5) == 0.5
    assert config.origin("timeout") == "argument"


def test_get_can_skip_the_environment() -> None:
    Path(".env").write_text("USERNAME=ada\n")
    config = Config("API", names={"username": ("USERNAME",)}, environ={"USERNAME": "desktop"})
    assert config.get("username") == "desktop"
    assert config.get("username", environment=False) == "ada"
    assert config.origin("username") == ".env USERNAME"
    assert config.get("password", environment=False) is None
    bare = Config("API", names={"username": ("USERNAME",)}, environ={"USERNAME": "desktop"}, dotenv=None)
    assert bare.get("username") == "desktop"
    assert bare.get("username", environment=False) is None
    assert bare.origin("username") == "not set"
    Path(".env").write_text('USERNAME="a\\tb"\n')
    invalid = Config("API", names={"username": ("USERNAME",)}, environ={"USERNAME": "desktop"})
    with pytest.raises(ConfigurationError, match="control character"):
        invalid.get("username", environment=False)


# --- the implicit ./.env ----------------------------------------------------------------------------------------------

ADDRESSES = ["base_url", "token_url", "auth_endpoint", "jwks_uri", "host", "login_server", "issuer"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("secret_first", [False, True])
def test_an_address_of_env_gets_no_secret_of_the_environment(address: str, secret_first: bool) -> None:
    Path(".env").write_text(f"API_{address.upper()}=evil.example\n")
    config = Config("API", environ={"API_KEY": "s3cr3t"})
    steps: list[Callable[[], object]] = [
        lambda: config.get(address, default="https://mine"),
        lambda: config.secret("key"),
    ]
    steps = steps[::-1] if secret_first else steps
    steps[0]()
    with pytest.raises(ConfigurationError) as caught:
        steps[1]()
    assert caught.value.message == (
        f"{address} is from ./.env, key from the environment: set both in one place, pass {address}=, or set "
        "ASDK_TRUST_DOTENV=1"
    )


def test_any_setting_with_a_url_is_an_address() -> None:
    Path(".env").write_text("API_MIRROR=https://evil.example\n")
    config = Config("API", environ={"API_KEY": "s3cr3t"})
    config.get("mirror")
    with pytest.raises(ConfigurationError, match=r"mirror is from \./\.env"):
        config.secret("key")


@pytest.mark.parametrize(
    ("read", "place"),
    [
        (lambda config: config.secret("key", "s3cr3t"), "an argument"),
        (lambda config: config.secret("key", Secret("s3cr3t")), "an argument"),
        (lambda config: config.secret("password", "a b", free_text=True), "an argument"),
        (lambda config: config.note("key", Secret("s3cr3t"), "file ~/.api/config"), "file ~/.api/config"),
        (lambda config: config.check_secret("auth"), "an argument"),
    ],
)
def test_an_address_of_env_gets_no_secret_of_any_other_source(read: Callable[[Config], Any], place: str) -> None:
    Path(".env").write_text("API_BASE_URL=https://evil.example\n")
    config = Config("API", environ={})
    config.get("base_url")
    with pytest.raises(ConfigurationError, match=f"from {place}: set both"):
        read(config)


@pytest.mark.parametrize(
    ("config", "argument"),
    [
        (lambda: Config("API", environ={"API_KEY": "s3cr3t", "ASDK_TRUST_DOTENV": "1"}), None),
        (lambda: Config("API", environ={"API_KEY": "s3cr3t"}, dotenv=Path(".env").absolute()), None),
        (lambda: Config("API", environ={"API_KEY": "s3cr3t"}, dotenv=".env"), None),
        (lambda: Config("API", environ={"API_KEY": "s3cr3t"}, dotenv="other.env"), None),
        (lambda: Config("API", environ={"API_KEY": "s3cr3t"}), "https://mine.example"),
        (lambda: Config("API", environ={"API_KEY": "s3cr3t", "API_BASE_URL": "https://mine.example"}), None),
        (lambda: Config("API", environ={}), None),
    ],
    ids=["trusted", "absolute", "named", "other", "argument", "environment", "both in the file"],
)
def test_an_address_of_env_is_used_if_it_is_trusted(config: Callable[[], Config], argument: str | None) -> None:
    extra = "API_KEY=s3cr3t\n" if not config()._environ else ""
    for name in (".env", "other.env"):
        Path(name).write_text(f"API_BASE_URL=https://staging.example\n{extra}")
    found = config()
    assert found.get("base_url", argument) in ("https://staging.example", "https://mine.example")
    assert found.secret("key") == Secret("s3cr3t")


def test_env_cannot_declare_itself_trusted() -> None:
    Path(".env").write_text("ASDK_TRUST_DOTENV=1\nAPI_BASE_URL=https://evil.example\n")
    config = Config("API", environ={"API_KEY": "s3cr3t"})
    config.get("base_url")
    with pytest.raises(ConfigurationError, match="ASDK_TRUST_DOTENV=1"):
        config.secret("key")


def test_a_secret_of_env_may_go_to_an_address_of_another_source() -> None:
    Path(".env").write_text("API_KEY=s3cr3t\nAPI_TIMEOUT=5\n")
    config = Config("API", environ={"API_BASE_URL": "https://mine.example"})
    assert config.get("base_url") == "https://mine.example"
    assert config.secret("key") == Secret("s3cr3t")
    assert config.number("timeout") == 5


@pytest.mark.parametrize("spelling", ["${CANARY}", '"${CANARY}"', "${CANARY:-x}", "https://h/${CANARY}"])
def test_only_a_trusted_file_is_interpolated(spelling: str) -> None:
    Path(".env").write_text(f"API_URL={spelling}\n")
    assert Config("API", environ={"CANARY": "c4n4ry"}).get("url") == spelling.strip('"')
    for options in ({"dotenv": ".env"}, {"environ": {"CANARY": "c4n4ry", "ASDK_TRUST_DOTENV": "1"}}):
        config = Config("API", **{"environ": {"CANARY": "c4n4ry"}, **options})  # type: ignore[arg-type]
        assert "c4n4ry" in (config.get("url") or "")


def test_a_derived_value_keeps_its_origin() -> None:
    Path(".env").write_text("API_BASE_URL=https://evil.example\n")
    config = Config("API", environ={})
    derived = f"{config.get('base_url')}/v2"
    config.note_derived("base_url", derived)
    assert config.get("base_url", derived) == "https://evil.example/v2"
    assert config.origin("base_url") == ".env API_BASE_URL"
    with pytest.raises(ConfigurationError):
        config.secret("key", "s3cr3t")


def test_a_setting_may_skip_the_implicit_file() -> None:
    Path(".env").write_text("API_STORE=planted\n")
    assert Config("API", environ={}).get("store", implicit=False) is None
    assert Config("API", environ={}, dotenv=".env").get("store", implicit=False) == "planted"


def test_a_copy_of_a_config_by_pickle_is_as_strict() -> None:
    Path(".env").write_text("API_BASE_URL=https://evil.example\n")
    for config, is_strict in ((Config("API"), True), (Config("API", dotenv=".env"), False)):
        copy = pickle.loads(pickle.dumps(config))
        copy.get("base_url")
        if is_strict:
            with pytest.raises(ConfigurationError):
                copy.secret("key", "s3cr3t")
        else:
            assert copy.secret("key", "s3cr3t") == Secret("s3cr3t")


# --- messages -------------------------------------------------------------------------------------------------------


def config(**environ: str) -> Config:
    return Config("API", environ=environ, dotenv=None)


NOT_TEXT: Any = 5
MESSAGES: list[tuple[Callable[[], Any], str]] = [
    (lambda: config().get("url", NOT_TEXT), "url (argument) must be a str, got int"),
    (lambda: config().get("url", "a\n"), "url (argument) contains a line break or another control character"),
    (
        lambda: config(API_TENANT="a b").identifier("tenant"),
        "tenant (environment API_TENANT) must be visible ASCII characters without spaces",
    ),
    (lambda: config().secret("key", ""), "key (argument) is empty"),
    (lambda: config().secret("key", "a b"), "key (argument) must be visible ASCII characters without spaces"),
    (
        lambda: config().secret("key", " a"),
        "key (argument) starts or ends with whitespace, which was probably copied along",
    ),
    (
        lambda: config(API_TIMEOUT="x").number("timeout"),
        "timeout (environment API_TIMEOUT) must be a number, got 'x'",
    ),
    (
        lambda: Config("API", dotenv="nothing.env").get("url"),
        "cannot read the settings file nothing.env: no such file",
    ),
    (lambda: pickle.dumps(config()), "a Config with environ= cannot be pickled; build it in the other process"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:60] for _, message in MESSAGES])
def test_messages(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        call()
    assert caught.value.message == message
