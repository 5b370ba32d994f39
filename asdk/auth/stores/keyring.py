"""`KeyringTokenStore`: tokens in the keyring of the user's desktop, which encrypts them with the user's login.

For interactive programs: macOS Keychain, the Secret Service of Linux desktops, the Windows Credential Locker.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from asdk.auth.stores.paths import file_name, state_directory
from asdk.auth.stores.record import TokenRecord
from asdk.concurrency.file_locks import FileLocks
from asdk.concurrency.threads import WarnOnce, run_in_thread
from asdk.errors import ConfigurationError
from asdk.extras import require_extra
from asdk.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


class KeyringTokenStore:
    """A store in the user's keyring. Keyrings have no locks, so it uses lock files, as `FileTokenStore` does.

    Some keyrings limit the size of a value: Windows accepts 2,560 bytes, which a record with a long access token and a
    long refresh token (JWTs) may exceed. Saving such a record raises, and the token is served from memory. A locked
    keyring may ask its user for a password; only callers that need the token wait for that.

    Args:
        service: the name under which the keyring lists the tokens. Programs that share tokens use the same name.
        backend: the keyring to use, instead of the one that the ``keyring`` package finds.

    Raises:
        ConfigurationError: no keyring was found, or a package is missing: ``pip install 'asdk[tokens]'``.
    """

    def __init__(self, service: str = "asdk", *, backend: KeyringBackend | None = None) -> None:
        require_extra("KeyringTokenStore", "tokens", "keyring", "filelock", "platformdirs")
        directory = state_directory("keyring")  # before the keyrings, some of which need a home directory, too
        self.service = service
        self._given = backend
        self._keyring = backend or _find_keyring()
        self._locks = FileLocks(directory)
        self._warnings = WarnOnce()

    async def load(self, key: str) -> TokenRecord | None:
        """Return the record of this key, or None without one that can be trusted."""
        return await run_in_thread(lambda: self._read(key))

    async def save(self, key: str, entry: TokenRecord) -> bool:
        """Save the record if the stored one is the revision before it. Return False otherwise."""
        return await run_in_thread(lambda: self._save(key, entry))

    async def delete(self, key: str) -> None:
        """Delete the record of this key, if it exists."""
        await run_in_thread(lambda: self._delete(key))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        """Lock this key for all of the user's processes."""
        async with self._locks.lock(file_name(f"{self.service}/{key}")):
            yield

    def _read(self, key: str) -> TokenRecord | None:
        value = self._keyring.get_password(self.service, key)
        if value is None:
            return None
        try:
            return TokenRecord.loads(Secret(value))
        except ValueError as error:
            self._warnings.ignored(f"the keyring under {self.service}, {key}", str(error))
            return None

    def _save(self, key: str, entry: TokenRecord) -> bool:
        with self._locks.write_lock():
            before = self._read(key)
            if (0 if before is None else before.revision) != entry.revision - 1:
                return False
            self._keyring.set_password(self.service, key, entry.dumps().reveal())
            return True

    def _delete(self, key: str) -> None:
        with self._locks.write_lock():
            if self._keyring.get_password(self.service, key) is not None:
                self._keyring.delete_password(self.service, key)

    def __repr__(self) -> str:
        return f"<KeyringTokenStore {self.service!r} in {type(self._keyring).__name__}>"

    def __reduce__(self) -> tuple[type[KeyringTokenStore], tuple[str]]:
        if self._given is not None:
            raise TypeError("a KeyringTokenStore with its own backend cannot be pickled; make one in each process")
        return type(self), (self.service,)


def _find_keyring() -> KeyringBackend:
    import keyring
    from keyring.backends import fail, null

    found = keyring.get_keyring()
    if not isinstance(found, fail.Keyring | null.Keyring):
        return found
    raise ConfigurationError(
        "KeyringTokenStore found no keyring; start or install one (on Linux a Secret Service, such as GNOME Keyring or "
        "KWallet), or use FileTokenStore"
    )
