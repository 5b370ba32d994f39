"""Inputs that are expensive for expressions that backtrack and for parsers that look back, and a measure of their cost.

Used by `tests/test_worst_inputs.py`. The CPU time of this thread is measured, against a linear scan on this machine, so
that neither load nor a slow machine fails a test.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

import attrs

import asdk

#: The largest input: as large as a response head may be.
LARGEST = 64 * 1024

#: The budget of one input, in seconds on a machine whose linear scan takes `_SCAN` seconds.
BUDGET = 0.05
_SCAN = 0.0015

_FUNCTIONS = {"match", "search", "fullmatch", "split", "findall", "finditer", "sub", "subn"}

# The lengths that are tried in turn.
_LENGTHS = (18, 22, 26, LARGEST // 8)


@attrs.frozen(order=True)
class Input:
    """An input of any length: a prefix, a pump that repeats, and a suffix that spoils the match."""

    prefix: str
    pump: str
    suffix: str = ""

    def of_length(self, length: int) -> str:
        """Return the input in this length."""
        return (self.prefix + self.pump * (length // len(self.pump)))[: length - len(self.suffix)] + self.suffix


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time that some work takes in this thread."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def budget() -> float:
    """Return the seconds that one input of the largest size may take on this machine."""
    scan = re.compile("(?:a|b)*").fullmatch
    text = "ab" * (LARGEST // 2)
    return BUDGET * max(1.0, min(cpu_seconds(lambda: scan(text)) for _ in range(3)) / _SCAN)


def worst_of(work: Callable[[str], object], inputs: Iterable[Input], limit: float) -> tuple[float, Input]:
    """Return the longest CPU time of an input of the largest size, and the input.

    Each input is tried in growing lengths up to an eighth of the largest, and those that took longest in full. An
    exponential one ends at a length of a few dozen.
    """
    times: list[tuple[float, Input]] = []
    for given in inputs:
        for length in _LENGTHS:
            seconds = _measure(work, given, length)
            if seconds > limit:
                return seconds, given
        times.append((seconds, given))
    times.sort(key=lambda one: one[0], reverse=True)
    worst = 0.0, times[0][1]
    for _, given in times[:4]:
        worst = max(worst, (_measure(work, given, LARGEST), given))
        if worst[0] > limit:
            break
    return worst


def _measure(work: Callable[[str], object], given: Input, length: int) -> float:
    """Return the CPU time; the least of three if it seems long, since a garbage collection may have been in the way."""
    text = given.of_length(length)
    seconds = cpu_seconds(lambda: work(text))
    if not 0.02 < seconds < 0.4:
        return seconds
    return min(seconds, *(cpu_seconds(lambda: work(text)) for _ in range(2)))


# --- regular expressions ----------------------------------------------------------------------------------------------


@attrs.frozen
class Expression:
    """A regular expression in the source of asdk.

    Attributes:
        where: the file and the line.
        pattern: its text.
        flags: its flags.
        methods: the functions by which it is applied.
    """

    where: str
    pattern: str | bytes
    flags: int
    methods: frozenset[str]

    def apply(self, method: str) -> Callable[[str], object]:
        """Return a function that applies it to a text."""
        compiled: re.Pattern[Any] = re.compile(self.pattern, self.flags)
        function: Callable[..., object] = getattr(compiled, method)
        if method in ("sub", "subn"):
            encoded = b"" if isinstance(self.pattern, bytes) else ""
            return lambda text: function(encoded, self._encode(text))
        if method == "finditer":
            return lambda text: list(compiled.finditer(self._encode(text)))
        return lambda text: function(self._encode(text))

    def _encode(self, text: str) -> str | bytes:
        return text.encode("latin-1", "replace") if isinstance(self.pattern, bytes) else text


def expressions() -> Iterator[Expression]:
    """Yield each regular expression that the modules of asdk contain, found in their syntax trees."""
    root = Path(asdk.__file__).parent
    for path in sorted(root.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _is_re(call.func):
                yield _expression(call, tree, f"{path.relative_to(root.parent)}:{call.lineno}")


def _is_re(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in {"compile", *_FUNCTIONS}
    )


def _expression(call: ast.Call, tree: ast.Module, where: str) -> Expression:
    assert isinstance(call.func, ast.Attribute)
    pattern = ast.literal_eval(call.args[0]) if isinstance(call.args[0], ast.Constant) else ""
    named = [word for word in ast.walk(call) if isinstance(word, ast.Attribute) and word.attr.isupper()]
    flags = sum(getattr(re, word.attr) for word in named)
    methods = {call.func.attr} - {"compile"} or set(_methods_of(call, tree)) or {"search"}
    return Expression(where, pattern, flags, frozenset(methods))


def _methods_of(call: ast.Call, tree: ast.Module) -> Iterator[str]:
    """Yield the methods by which a compiled expression is used: ``re.compile(...).match``, or ``NAME.match`` later."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.value is call:
            yield node.attr
        if isinstance(node, ast.Assign) and node.value is call:
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _FUNCTIONS and getattr(node.value, "id", None) in names:
            yield node.attr
        if isinstance(node, ast.Call) and any(isinstance(word, ast.Name) and word.id in names for word in node.args):
            yield "match"  # passed to a function of the module that applies it


def worst_inputs(expression: Expression) -> Iterator[Input]:
    """Yield prefixes, pumps and suffixes that come from the expression's own parts."""
    samples, repeats = _Samples(), list[str]()
    parsed = sre_parser.parse(expression.pattern, expression.flags)
    prefixes = {""}
    _collect(parsed, samples, repeats, prefixes)
    chars = list(dict.fromkeys(samples.chars))
    pumps = dict.fromkeys([*repeats, *chars, *map("".join, product(chars[:8], repeat=2))])
    suffixes = dict.fromkeys(["", "\x00", "!", *chars[:3]])
    for prefix in sorted(prefixes, key=len)[:6]:
        for pump in list(pumps)[:40]:
            for suffix in suffixes if len(pump) == 1 or pump in repeats else ["\x00"]:
                yield Input(prefix, pump, suffix)


@attrs.define
class _Samples:
    chars: list[str] = attrs.field(factory=list[str])


def _collect(parsed: Any, samples: _Samples, repeats: list[str], prefixes: set[str]) -> str:
    """Walk an expression; return a text that it matches, and collect characters, repeated parts and prefixes."""
    text = ""
    for kind, value in parsed:
        prefixes.add(text)
        if kind is sre.LITERAL:
            samples.chars.append(chr(value))
            text += chr(value)
        elif kind is sre.NOT_LITERAL:
            samples.chars += [chr(value), "a" if value != ord("a") else "b"]
            text += "a" if value != ord("a") else "b"
        elif kind is sre.ANY:
            samples.chars.append("a")
            text += "a"
        elif kind is sre.IN:
            chosen = _members(value)
            samples.chars += chosen
            text += chosen[0]
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            least, _, inner = value
            part = _collect(inner, samples, repeats, set())
            if part:
                repeats.append(part)
            text += part * max(1, least)
        elif kind is sre.SUBPATTERN:
            text += _collect(value[-1], samples, repeats, set())
        elif kind is sre.ATOMIC_GROUP:
            text += _collect(value, samples, repeats, set())
        elif kind is sre.BRANCH:
            parts = [_collect(branch, samples, repeats, set()) for branch in value[1]]
            repeats += [part for part in parts if part]
            text += parts[0]
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            _collect(value[1], samples, repeats, set())
    prefixes.add(text)
    return text


_CATEGORIES = {sre.CATEGORY_DIGIT: "0", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a"}


def _members(items: Any) -> list[str]:
    """Return sample characters of a class: the ends of its ranges, or something outside of a negated class."""
    found: list[str] = []
    for kind, value in items:
        if kind is sre.LITERAL:
            found.append(chr(value))
        elif kind is sre.RANGE:
            found += [chr(value[0]), chr(value[1])]
        elif kind is sre.CATEGORY:
            found.append(_CATEGORIES.get(value, "-"))
    if items[0][0] is sre.NEGATE:
        return [next(char for char in "az09 ~" if char not in found), *found]
    return found


# --- parsers ----------------------------------------------------------------------------------------------------------

#: The characters that steer the parsers of HTTP fields, URLs, streams and JSON.
STEERING = "a0 ,;=\"\\<>:/?#%.-_*'@&[]{}()+\t\n\r"

#: The beginnings that bring a parser into its inner loops.
BEGINNINGS = (
    "",
    '"',
    '<a>; rel="',
    "a=",
    'a="',
    'Bearer a="',
    "sha-256=:",
    '"a";r=',
    "data: ",
    "https://",
    "[[",
    '{"a":',
)


def field_inputs() -> Iterator[Input]:
    """Yield inputs for parsers of fields, URLs and streams."""
    for beginning, pump in product(BEGINNINGS, STEERING):
        yield Input(beginning, pump)
    for first, second in product(STEERING[:18], repeat=2):
        yield Input("", first + second)
    for pump in (
        "a=b,",
        'a="b",',
        "a;b=c;",
        "<a>;b=c,",
        'a="',
        ', a="',
        "<a>; rel=",
        ":a:,",
        "%41",
        "\\\\",
        '\\"',
        "a b ",
    ):
        yield Input("", pump, "\x00")
        yield Input('a="', pump, '"')
    for pump in (
        "data: a\n",
        "id: 1\n\n",
        ": a\r",
        "\r\n",
        "retry: 1\n",
        '{"a": [',
        "a.b.",
        "../",
        "é",
        "1970 ",
        "Mon, ",
    ):
        yield Input("", pump)
