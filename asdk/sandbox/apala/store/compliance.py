"""Compliance gate for templates: named checks by plain rules, and the preview with the merge tokens filled in."""

import re
from collections.abc import Callable

from asdk.sandbox.json_io import Json

_TOKENS = {"{NAME}": "Alex", "{SIGNING_MAGIC_LINK}": "https://sign.sandbox.test/abc123"}
_SMS_LENGTH = 320


def _words(pattern: str) -> Callable[[str, str], str | None]:
    search = re.compile(pattern, re.IGNORECASE).search

    def check(content: str, channel: str) -> str | None:
        found = search(content)
        return None if found is None else f"{found.group()!r} is not allowed"

    return check


def _sms_length(content: str, channel: str) -> str | None:
    length = len(preview(content))
    return f"{length} characters, {_SMS_LENGTH} at most" if channel == "sms" and length > _SMS_LENGTH else None


def _channel_rules(content: str, channel: str) -> str | None:
    return "an SMS takes no markup" if channel == "sms" and re.search(r"</?[a-z][^<>]*>", content) else None


def _placeholders(content: str, channel: str) -> str | None:
    if "{{" in content or "}}" in content:
        return "double braces are no merge token"
    unknown = [token for token in re.findall(r"\{[^{}]*\}", content) if token not in _TOKENS]
    return f"unknown merge tokens: {', '.join(unknown)}" if unknown else None


_CHECKS: dict[str, Callable[[str, str], str | None]] = {
    "URGENCY_LANGUAGE": _words(r"\b(act now|hurry|urgent(ly)?|last chance|expires (today|tonight))\b"),
    "PRE_APPROVAL_VOCABULARY": _words(r"\b(guaranteed approval|you are approved|instant approval)\b"),
    "FINANCIAL_PROMISES": _words(r"\b(no interest|interest[- ]free|free money|lowest rate)\b"),
    "CASH_AND_DOLLAR_SYMBOL": _words(r"\$|\bcash\b"),
    "USER_INTENT_ANCHORING": _words(r"\b(you have been selected|you won|congratulations)\b"),
    "SMS_LENGTH": _sms_length,
    "CHANNEL_RULES": _channel_rules,
    "RESTRICTED_KEYWORDS": _words(r"\b(payday|bankruptcy|social security number)\b"),
    "PLACEHOLDER_VALIDITY": _placeholders,
}


def violations(content: str, channel: str) -> list[Json]:
    """Return the checks that a template fails; an empty list means that it may go live."""
    found = ((name, check(content, channel)) for name, check in _CHECKS.items())
    return [{"check": name, "detail": detail} for name, detail in found if detail is not None]


def report(content: str, channel: str) -> Json:
    wrong = violations(content, channel)
    return {
        "is_valid": not wrong,
        "violations": wrong,
        "render_preview": preview(content),
        "checks_run": list(_CHECKS),
    }


def preview(content: str) -> str:
    for token, value in _TOKENS.items():
        content = content.replace(token, value)
    return content
