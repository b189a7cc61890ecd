"""Requests that clients have encoded, read by our layouts: every field under its name, none left."""

from __future__ import annotations

import math
from typing import Any

from bot.gateway.handlers.registry import HANDLERS
from bot.gateway.wire.requests import MalformedRequestError


def is_same(text: str, wanted: Any) -> bool:
    """Tell whether a field carries a value."""
    if isinstance(wanted, bool):
        return text == str(int(wanted))
    if isinstance(wanted, (int, float)):
        try:
            return float(text) == wanted or (math.isinf(wanted) and text == "Infinite")
        except ValueError:
            return math.isinf(wanted) and text in ("Infinite", "Infinity")
    return text == wanted


#: Fields of which nothing is to be proved: message versions, and the counts of groups, whose rows are.
_PLAIN = frozenset({"version", "options"})
_COUNTS = frozenset({"algorithm_parameters", "conditions", "leg_prices", "legs", "routing"})

#: Attributes that newer official clients have dropped; they send the same in these fields always.
_DROPPED = frozenset({"electronic_trade_only", "firm_quote_only", "nbbo_price_cap"})
DROPPED = {
    "nautilus-ibapi": _DROPPED,
    "ibapi-stable": _DROPPED | {"advisor_profile"},
    "ibapi-latest": _DROPPED | {"advisor_profile"},
}


class Frames:
    """The encoded requests of one client.

    Attributes:
        read: How many were read.
        found: What was wrong, with the server versions.
    """

    def __init__(self, client: str) -> None:
        self.client = client
        self.read = 0
        self.found: dict[str, list[int]] = {}
        self._fields: dict[str, set[str]] = {}
        self._proved: dict[str, set[str]] = {}

    def take(self, line: dict[str, Any]) -> None:
        """Read one request."""
        self.read += 1
        for text in self._problems(line):
            self.found.setdefault(text, []).append(line["version"])

    def unproved(self) -> list[str]:
        """Return the fields that no request had a value of its own for."""
        allowed = _PLAIN | _COUNTS | DROPPED.get(self.client, frozenset())
        return [
            f"{HANDLERS[kind][0].name}: nothing proves {name}"
            for kind, names in self._fields.items()
            for name in sorted(names - self._proved[kind] - allowed)
        ]

    def _problems(self, line: dict[str, Any]) -> list[str]:
        """Return what is wrong with one request."""
        case, kind = line["case"], (line["fields"] or [""])[0]
        if line["refused"] or not kind:
            return [f"{case}: the client did not send it: {line['refused']}"]
        if kind not in HANDLERS:
            return [f"{case}: the gateway has no layout for message {kind}"]
        layout, _ = HANDLERS[kind]
        try:
            request = layout.decode(line["version"], line["fields"])
        except MalformedRequestError as error:
            return [f"{case}: {error}"]
        self._fields.setdefault(kind, set()).update(request.texts)
        self._proved.setdefault(kind, set()).update(line["texts"])
        found = [
            f"{case}: {name} is {request.texts.get(name)!r}, sent was {wanted!r}"
            for name, wanted in line["texts"].items()
            if name not in request.texts or not is_same(request.texts[name], wanted)
        ]
        for name, rows in line["rows"].items():
            found += _row_problems(f"{case}: {name}", request.rows.get(name, []), rows)
        return found


def _row_problems(
    where: str, found: list[dict[str, str]], wanted: list[dict[str, Any]]
) -> list[str]:
    """Compare a repeated group."""
    if len(found) != len(wanted):
        return [f"{where}: {len(found)} rows, sent were {len(wanted)}"]
    return [
        f"{where}: {name} is {row.get(name)!r}, sent was {value!r}"
        for row, sent in zip(found, wanted, strict=True)
        for name, value in sent.items()
        if name not in row or not is_same(row[name], value)
    ]
