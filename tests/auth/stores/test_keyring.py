"""`KeyringTokenStore`, with a keyring of the tests: machines that run tests have none."""

from __future__ import annotations

import asyncio
import pickle
import sys
import threading
import traceback
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import PasswordDeleteError, PasswordSetError

from asdk import ConfigurationError
from asdk.auth import KeyringTokenStore
from asdk.testing import TokenStoreSuite
from asdk.testing.token_store_suite import KEY, OTHER_KEY, SECRETS, make_entry, value_of


class OwnKeyring(KeyringBackend):
    """A keyring in memory, optionally with a size limit, as Windows has one."""

    priority = 1.0  # pyright: ignore[reportAssignmentType]

    def __init__(self, limit: int | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.limit = limit
        self.passwords: dict[tuple[str, str], str] = {}
        self.threads: set[threading.Thread] = set()

    def get_password(self, service: str, username: str) -> str | None:
        self.threads.add(threading.current_thread())
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.limit is not None and len(password) > self.limit:
            raise PasswordSetError("the stub received bad data")
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.passwords.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def backend() -> OwnKeyring:
    return OwnKeyring()


class TestKeyringTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self, backend: OwnKeyring) -> KeyringTokenStore:
        return KeyringTokenStore(backend=backend)

    @pytest.fixture
    def same_store(self, backend: OwnKeyring) -> KeyringTokenStore:
        return KeyringTokenStore(backend=backend)


def test_services_are_separate_and_keys_are_user_names(backend: OwnKeyring) -> None:
    mine, yours = KeyringTokenStore("mine", backend=backend), KeyringTokenStore("yours", backend=backend)
    assert asyncio.run(mine.save(KEY, make_entry()))
    assert asyncio.run(yours.load(KEY)) is None
    assert set(backend.passwords) == {("mine", KEY)}


def test_the_keyring_is_never_used_in_the_main_thread(backend: OwnKeyring) -> None:
    store = KeyringTokenStore(backend=backend)
    asyncio.run(store.save(KEY, make_entry()))
    asyncio.run(store.delete(KEY))
    assert threading.main_thread() not in backend.threads


def test_an_invalid_record_is_ignored_with_one_warning_and_replaced(
    backend: OwnKeyring, caplog: pytest.LogCaptureFixture
) -> None:
    store = KeyringTokenStore(backend=backend)
    backend.passwords["asdk", KEY] = make_entry().dumps().reveal()[:-9]
    assert asyncio.run(store.load(KEY)) is None
    assert asyncio.run(store.load(KEY)) is None
    [record] = caplog.records
    assert f"keyring under asdk, {KEY}" in record.getMessage()
    assert asyncio.run(store.save(KEY, make_entry(1, "new")))
    assert value_of(asyncio.run(store.load(KEY))) == "new"


def test_a_record_that_is_too_large_raises_and_reveals_no_secret() -> None:
    store = KeyringTokenStore(backend=OwnKeyring(limit=2560))
    assert asyncio.run(store.save(KEY, make_entry()))
    with pytest.raises(PasswordSetError) as caught:
        asyncio.run(store.save(OTHER_KEY, make_entry(1, SECRETS[0] * 200)))
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("none", [fail.Keyring, null.Keyring])
def test_a_missing_keyring_is_reported_by_the_constructor(
    monkeypatch: pytest.MonkeyPatch, none: type[KeyringBackend]
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", none)
    with pytest.raises(ConfigurationError, match="KeyringTokenStore"):
        KeyringTokenStore()


def test_the_users_keyring_is_found_and_the_store_can_be_pickled(
    monkeypatch: pytest.MonkeyPatch, backend: OwnKeyring
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    store = KeyringTokenStore("mine")
    asyncio.run(store.save(KEY, make_entry()))
    assert asyncio.run(pickle.loads(pickle.dumps(store)).load(KEY)) == make_entry()
    with pytest.raises(TypeError, match="backend"):
        pickle.dumps(KeyringTokenStore(backend=backend))


@pytest.mark.parametrize("missing", ["keyring", "filelock", "platformdirs"])
def test_a_missing_package_is_named_by_its_extra(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=rf"needs {missing}: pip install 'asdk\[tokens\]'"):
        KeyringTokenStore()
