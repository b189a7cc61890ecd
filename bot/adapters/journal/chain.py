"""The hash chain: each event vouches for all before it.

Rule: an event's hash is sha256 over the hash before it, a line break, and the canonical JSON of everything else in
its row. The first event follows a hash of the journal's name and birth, so no two journals share a chain.
Why: triggers keep honest programs honest; a flipped bit, an edited file or a cut one must be found as well, and the
newest hash, kept elsewhere, must stand for the whole journal.
Enforced by: the database takes no event that does not follow its newest one (`schema`), and opening a journal walks
the whole chain (`checks`).
"""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.adapters.journal.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence


class Stored(NamedTuple):
    """One row of the table, as texts: what the chain is taken over, in the order of the columns."""

    sequence: int
    recorded_at: str
    kind: str
    look_id: str | None
    plan_id: str | None
    order_ref: str | None
    build: str
    config: str
    body: str
    previous_hash: str = ""
    hash: str = ""

    def following(self, previous_hash: str) -> Stored:
        """Return this row as the one after the event with `previous_hash`."""
        return self._replace(previous_hash=previous_hash, hash=hash_of(previous_hash, self))


def start_of(name: str, made_at: str) -> str:
    """Return what the first event of a journal follows, sha256 in hexadecimal.

    Args:
        name: Drawn when the journal was made.
        made_at: When that was, UTC, as text.
    """
    return _sha256(canonical_json({"made_at": made_at, "name": name}))


def hash_of(previous_hash: str, row: Sequence[Any]) -> str:
    """Return the hash of `row` as the event after `previous_hash`, sha256 in hexadecimal."""
    return _sha256(f"{previous_hash}\n{text_of(row)}")


def text_of(row: Sequence[Any]) -> str:
    """Return the canonical JSON of a row, but for its hashes.

    `row` has the fields of `Stored`, in their order. Its body is canonical already; it is not read and written again,
    since a start does this for every event.
    """
    return (
        f'{{"body":{row[8]},"build":{_json(row[6])},"config":{_json(row[7])},"kind":{_json(row[2])},'
        f'"look_id":{_json(row[3])},"order_ref":{_json(row[5])},"plan_id":{_json(row[4])},'
        f'"recorded_at":{_json(row[1])},"sequence":{row[0]}}}'
    )


def _json(text: object) -> str:
    if text is None:
        return "null"
    # A damaged file may hold a number or bytes where a text was: that is another hash, not a crash.
    return encode_basestring_ascii(text) if isinstance(text, str) else repr(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
