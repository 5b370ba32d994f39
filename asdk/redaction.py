"""`show`: the one way to show text that may come from a server, in errors, logs, prompts, tables and commands.

It hides every text that contains a secret of the request, in any common encoding. Data that a program uses is never
altered: an error's ``body`` is scrubbed when it is first read, and its traceback when it leaves the client.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from html.entities import html5
from types import TracebackType
from typing import Any, AnyStr, Final, Protocol

from asdk.secret import MASK, MaskedBytes, Secret

#: The maximum number of characters of a text in an error or a log record.
SHOWN_LENGTH: Final = 500

# What is shown in place of a text with a secret.
_HIDDEN = f"{MASK} (hidden: it contains a secret)"

# How much of a text is searched for secrets: the longest that is ever shown (the body of an error, 64 KiB), and enough
# behind it to recognize a secret across the cut.
_SEARCHED_LENGTH = 65 * 1024

# A shorter secret would match, and hide, parts of ordinary words.
_MIN_LENGTH = 4

# A secret with fewer letters and digits is searched for with its punctuation: without, it would match ordinary text.
_MIN_CANONICAL = 8

# The minimum length of an encoded secret.
_MIN_ENCODED = 6

# A text contains a secret if it contains this many consecutive characters of it.
_PIECE = 12

# From this length of a text on, a set of the grams of the secrets is worth building.
_LONG_TEXT = 2000

# Every piece contains a gram that starts at a multiple of the stride.
_GRAM, _STRIDE = 6, 7


class Sent(Protocol):
    """A `Request`, or anything else that knows the secrets a server may echo."""

    def sent_secrets(self) -> Iterable[str]:
        """Return the secrets that were sent."""
        ...


def show(text: str, request: Sent | None, *, limit: int = SHOWN_LENGTH, keep_urls: bool = False) -> str:
    """Return text in the form in which it may be shown: one printable line without secrets, of bounded length.

    An absolute URL is shown by its origin alone, since its path and query may grant access.

    Args:
        text: what to show, such as the message of a server.
        request: the request that was sent; None if nothing was sent.
        limit: the maximum number of characters.
        keep_urls: whether to show absolute URLs whole, where they are what the reader asked for.

    Returns:
        The text, or a mask with a reason in its place if it contains a secret of the request.
    """
    text = text[:_SEARCHED_LENGTH]
    if request is not None and contains_secret(text, request.sent_secrets()):
        return _HIDDEN[:limit]
    return printable(text if keep_urls else _URL.sub(_origin, text))[:limit]


def show_data(data: Any, request: Sent) -> Any:
    """Return JSON data with each text hidden that contains a secret of the request. Other texts are unchanged."""
    secrets = list(request.sent_secrets())

    def scrub(value: Any) -> Any:
        if isinstance(value, str):
            return MASK if contains_secret(value, secrets) else value
        if isinstance(value, Mapping):
            return {scrub(name): scrub(member) for name, member in value.items()}
        return [scrub(member) for member in value] if isinstance(value, list) else value

    return scrub(data) if contains_secret(str(data), secrets) else data


def scrub_later(content: bytes, request: Sent, limit: int) -> Callable[[], bytes]:
    """Return a function that returns the start of a body, or a mask if it contains a secret of the request.

    Args:
        content: the body.
        request: the request that was sent. It is not kept.
        limit: the maximum number of bytes.
    """
    kept = MaskedBytes(content[: limit + _SEARCHED_LENGTH - 64 * 1024])
    secrets = [Secret(secret) for secret in request.sent_secrets()]

    def scrub() -> bytes:
        hidden = contains_secret(kept.decode("utf-8", "replace"), [secret.reveal() for secret in secrets])
        return MASK.encode() if hidden else bytes(kept)[:limit]

    return scrub


# --- text -------------------------------------------------------------------------------------------------------------

# Controls and line separators could start another line of a log, or drive a terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# Marks that reorder text or hide characters in it: bidirectional controls, annotations, tags.
_INVISIBLE = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f]")

_URL = re.compile(r"://([^\s\"'<>]*)")
_AFTER_HOST = re.compile(r"[/?#\\]")
_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?").fullmatch


def printable(text: str) -> str:
    """Return text as one line that cannot drive a terminal, start a line of a log, or reorder what is displayed.

    Control characters become spaces, bidirectional and invisible marks are removed, and lone surrogates, which cannot
    be printed, become question marks.
    """
    text = text.encode("utf-8", "replace").decode()
    return " ".join(_CONTROL.sub(" ", _INVISIBLE.sub("", text)).split())


def _origin(found: re.Match[str]) -> str:
    """Return the origin of an absolute URL, a mask if it may contain a password."""
    url = found[1].rstrip(".,;:!)}")
    end = found[1][len(url) :]  # the punctuation of the sentence
    after = _AFTER_HOST.search(url)
    authority, rest = (url, "") if after is None else (url[: after.start()], url[after.start() :])
    host = authority.rpartition("@")[2]
    if not _HOST(host) or ("@" in rest and ":" in authority):  # a password with a slash looks like port and path
        return f"://{MASK}{end}"
    return f"://{host}{end}"


def mask_userinfo(url: str) -> str:
    """Return a URL that came from the settings, for an error message, with everything before its last "@" masked.

    A password may contain any character, such as an unescaped slash, behind which a parser sees a path.
    """
    before, at, rest = url.rpartition("@")
    if not at:
        return url
    scheme, separator, _ = before.partition("://")
    return f"{scheme}://{MASK}@{rest}" if separator and scheme.isalnum() else f"{MASK}@{rest}"


# --- search for secrets -----------------------------------------------------------------------------------------------


def contains_secret(text: str, secrets: Iterable[str]) -> bool:
    """Return whether a text contains a secret, or a piece of 12 characters of one.

    The comparison ignores case and everything but letters and digits, and sees through JSON, percent and HTML escapes
    (up to three levels), base64 and hex.

    Args:
        text: the text.
        secrets: the plain texts; those with fewer than four characters are ignored.
    """
    words, texts, forms = _search_forms(secrets)
    if not words and not forms:
        return False
    layers = list(_unescaped(text))
    folded = [layer.casefold() for layer in layers]
    if any(word in layer for layer in folded for word in words) or _contains_piece(folded, texts):
        return True
    return _contains_piece(list(dict.fromkeys(map(_canonical, layers))), forms)


def _contains_piece(layers: Sequence[AnyStr], forms: Iterable[AnyStr]) -> bool:
    """Return whether a text contains a whole form, or a piece of it."""
    short = [form for form in forms if len(form) < _PIECE]
    long = [form for form in forms if len(form) >= _PIECE]
    if any(form in layer for layer in layers for form in short):
        return True
    if not long:
        return False
    joined: Any = long[0][:0]
    grams: AnyStr | set[AnyStr] = joined.join(long)
    if len(layers[0]) > _LONG_TEXT:
        grams = {form[at : at + _GRAM] for form in long for at in range(len(form) - _GRAM + 1)}
    pieces: set[AnyStr] = set()
    for layer in layers:
        for at in range(0, len(layer) - _GRAM + 1, _STRIDE):
            if layer[at : at + _GRAM] in grams:
                pieces = pieces or {form[at : at + _PIECE] for form in long for at in range(len(form) - _PIECE + 1)}
                if not pieces.isdisjoint(layer[start : start + _PIECE] for start in range(max(0, at - _GRAM), at + 1)):
                    return True
    return False


def _search_forms(secrets: Iterable[str]) -> tuple[set[str], set[str], set[bytes]]:
    """Return what to search for.

    Returns:
        The secrets to find whole, those of which a piece with its punctuation counts, and the canonical forms.
    """
    words: set[str] = set()
    texts: set[str] = set()
    forms: set[bytes] = set()
    for secret in dict.fromkeys(secrets):
        if len(secret) < _MIN_LENGTH:
            continue
        for layer in _unescaped(secret):
            form, folded = _canonical(layer), layer.casefold()
            if len(form) >= _MIN_CANONICAL:
                forms.add(form)
            elif len(folded) >= _MIN_LENGTH:
                words.add(folded)
            if len(folded) >= _PIECE and len(form) < len(folded):
                texts.add(folded)
        raw = secret.encode("utf-8", "surrogatepass")
        encoded = [raw.hex(), *(_base64_at(raw, offset) for offset in range(3))]
        forms.update(form for form in map(_canonical, encoded) if len(form) >= _MIN_ENCODED)
    return words, texts, forms


def _base64_at(raw: bytes, offset: int) -> str:
    """Return the base64 characters that depend on these bytes alone, if they follow this many others."""
    encoded = base64.b64encode(bytes(offset) + raw).decode().rstrip("=")
    bits = 8 * (offset + len(raw))
    return encoded[-(-8 * offset // 6) : bits // 6]


_LETTERS_AND_DIGITS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")
_OTHER_BYTES = bytes(set(range(256)) - _LETTERS_AND_DIGITS)


def _canonical(text: str) -> bytes:
    """Return the ASCII letters and digits of a text, in lower case."""
    return text.lower().encode("ascii", "ignore").translate(None, _OTHER_BYTES)


# Runs of one kind of escape are one match, and all start with one of three characters, for which `re` scans fast.
_ESCAPES = re.compile(
    r"""[\\%&](?:
    (?P<utf16>(?<=\\)u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*|(?<=%)u[0-9A-Fa-f]{4}(?:%u[0-9A-Fa-f]{4})*)
    |(?P<utf8>(?<=%)[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*|(?<=\\)x[0-9A-Fa-f]{2}(?:\\x[0-9A-Fa-f]{2})*)
    |(?<=\\)u\{(?P<point>[0-9A-Fa-f]{1,6})\}
    |(?<=\\)(?P<backslash>["'\\/bfnrt](?:\\["'\\/bfnrt])*)
    |(?<=&)\#[xX](?P<hex>[0-9A-Fa-f]{1,6});?
    |(?<=&)\#(?P<decimal>[0-9]{1,7});?
    |(?<=&)(?P<name>[A-Za-z][A-Za-z0-9]{1,31};)
    )""",
    re.VERBOSE,
)
_ESCAPE_MARKS = str.maketrans("", "", "\\%ux")
_BACKSLASHED = str.maketrans("bfnrt", "\b\f\n\r\t")
_MAX_LEVELS = 3


def _unescaped(text: str) -> Iterator[str]:
    """Yield a text, and what it reads after one, two and three levels of escapes."""
    text = text.replace("\0", "")  # UTF-16 that was read as UTF-8
    yield text
    known = _Unescaped()
    for _ in range(_MAX_LEVELS):
        before, text = text, _ESCAPES.sub(lambda found: known[found[0]], text)
        if text == before:
            return
        yield text


class _Unescaped(dict[str, str]):
    """The texts of the escapes of one text, each computed once: a hostile text has thousands of them."""

    def __missing__(self, escape: str) -> str:
        found = _ESCAPES.fullmatch(escape)
        assert found is not None
        text = self[escape] = _unescape(found)
        return text


def _unescape(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    escaped = found[kind]
    if kind in ("utf8", "utf16"):
        units = bytes.fromhex(escaped.translate(_ESCAPE_MARKS))
        return units.decode("utf-8" if kind == "utf8" else "utf-16-be", "replace")
    if kind == "backslash":
        return escaped[::2].translate(_BACKSLASHED)
    if kind == "name":
        return html5.get(escaped, "")
    point = int(escaped, 10 if kind == "decimal" else 16)
    return chr(point) if point <= 0x10FFFF else ""


# --- headers ----------------------------------------------------------------------------------------------------------

_WORDS = re.compile(r"[A-Za-z]+(?:[-_ ./][A-Za-z]+)*").fullmatch
_NUMBER_OR_DATE = re.compile(r"[0-9TZ:.,+\- ]+|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT").fullmatch
_MIN_HEADER = 8


def secrets_of_header(value: str, *, sensitive: bool) -> list[str]:
    """Return the secrets in the value of a header: credentials, or the value of a user's header that may be one.

    Args:
        value: the value.
        sensitive: whether the header is one for credentials. The value of any other is a secret unless it is short, or
            words, a number or a date.
    """
    if not sensitive:
        plain = len(value) < _MIN_HEADER or _WORDS(value) or _NUMBER_OR_DATE(value)
        return [] if plain else [value]
    scheme, _, rest = value.partition(" ")
    if not rest:
        return [value, *_long_parts(value)]
    found = [rest, rest.rpartition(" ")[2], *_long_parts(rest)]
    if scheme.lower() == "basic":
        with suppress(ValueError):
            user_and_password = base64.b64decode(rest).decode("utf-8", "replace")
            user, _, password = user_and_password.partition(":")
            found += [user_and_password, password or user]  # some APIs take a key as the user name alone
    return found


def _long_parts(value: str) -> list[str]:
    """Return the members of a list of values, such as cookies, that may be secrets."""
    parts = re.split(r"[;,=\"\s]+", value)
    return [part for part in parts if secrets_of_header(part, sensitive=False)] if len(parts) > 1 else []


# --- tracebacks -------------------------------------------------------------------------------------------------------

# Packages whose frames contain requests, URLs and received headers in plain text.
_FOREIGN = frozenset({"aiohappyeyeballs", "aiohttp", "asyncio", "concurrent", "multidict", "tenacity", "yarl"})


def strip_frames(error: BaseException) -> None:
    """Remove the frames of other libraries from an exception, and the local variables of asdk's own frames.

    Called where an exception leaves a client. The frames of asdk keep their lines, and those of the user's code are
    unchanged. What a frame contains is shown by tracebacks with locals, and kept alive with the exception.
    """
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if current is error or _is_internal(current.__traceback__):  # another may be the caller's
            current.__traceback__ = _stripped(current.__traceback__)
        todo += [current.__cause__, current.__context__]


class _CleanTracebacks:
    """A context manager that strips the frames of an exception that leaves its block; see `strip_frames`."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            strip_frames(error)


#: ``with clean_tracebacks:`` for the ends of a client. The path of every call has a try statement, which is cheaper.
clean_tracebacks: Final = _CleanTracebacks()


def _stripped(trace: TracebackType | None) -> TracebackType | None:
    first = last = None
    while trace is not None:
        package = _package(trace)
        if package == "asdk":
            with suppress(RuntimeError):  # the frame is executing
                trace.tb_frame.clear()
        if package not in _FOREIGN:
            if last is None:
                first = trace
            else:
                last.tb_next = trace
            last = trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None
    return first


def _is_internal(trace: TracebackType | None) -> bool:
    return trace is not None and (_package(trace) == "asdk" or _package(trace) in _FOREIGN)


def _package(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
