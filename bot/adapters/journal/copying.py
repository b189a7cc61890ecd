"""Copies of a journal: a backup, an export, and a journal made from either.

Rule: a copy has the same events with the same hashes, so it is the same journal up to its own end, and it is checked
whole before it is called one. An export for other eyes has its account ids masked: it says so, its hashes are those of
the journal and not of what it shows, and no journal is ever made from it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.journal.canonical import canonical_json
from bot.adapters.journal.chain import Stored, start_of
from bot.adapters.journal.checks import Believed, believed, cause_of, walked
from bot.adapters.journal.files import FilePlace
from bot.adapters.journal.journal import SqlJournal
from bot.adapters.journal.schema import SCHEMA_VERSION
from bot.adapters.journal.sqlite_file import back_up_file
from bot.core.domain.event import Tip
from bot.errors import ConfigError, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.adapters.journal.place import Place
    from bot.ports import Clock

#: Ids of IB's accounts: paper and live, of clients and of advisers.
_ACCOUNT_IDS: Final = re.compile(r"\b(?:DU|DF|DI|U|F|I)[A-Z]?\d{5,}\b")

#: An id that is not longer shows none of its digits.
_SHOWN_WHOLE: Final = 6


def back_up(journal: SqlJournal, place: Place, target: Path) -> Believed:
    """Write a journal into a new SQLite file that is itself a journal, and check it.

    Args:
        journal: The journal, open; others may write to it meanwhile.
        place: Where it is.
        target: The new file; it must not exist.

    Raises:
        ConfigError: If it exists, or cannot be written.
        JournalWriteFailed: If what was written is not what was read.
    """
    if target.exists():
        message = f"{target} is there already; a backup goes into a new file"
        raise ConfigError(message)
    try:
        if isinstance(place, FilePlace):
            back_up_file(place.path, target)
        else:
            found = journal.found
            FilePlace(target).make({"name": found.name, "made_at": found.made_at}, journal.rows())
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        message = f"the backup {target} could not be written ({cause_of(error)}); check rights and free space"
        raise ConfigError(message) from error
    engine = FilePlace(target).engine(read_only=True)
    try:
        return believed(engine, str(target), None)
    finally:
        engine.dispose()


def header_of(found: Believed, *, is_redacted: bool, is_whole: bool) -> dict[str, Any]:
    """Return the first line of an export: which journal it is, and what the export leaves out."""
    return {
        "journal": found.name,
        "made_at": found.made_at,
        "schema": SCHEMA_VERSION,
        "redacted": is_redacted,
        "whole": is_whole,
        "tip": {"sequence": found.tip.sequence, "hash": found.tip.hash},
    }


def exported(row: Sequence[Any], mask: Mask | None) -> str:
    """Return one event as a line of JSON; with a mask, without full account ids."""
    facts = dict(zip(Stored._fields, row, strict=True))
    facts["body"] = json.loads(row[8])
    return canonical_json(facts if mask is None else mask(facts))


class Mask:
    """Replaces account ids in texts and keys, however deep, by their letters and last four digits.

    Args:
        accounts: Ids that are known, whatever they look like; what looks like an id of IB's is masked as well.
    """

    def __init__(self, *accounts: str) -> None:
        known = "|".join(re.escape(account) for account in accounts if account)
        self._ids = re.compile(f"{known}|{_ACCOUNT_IDS.pattern}") if known else _ACCOUNT_IDS

    def __call__(self, value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
        """Return `value` with every account id in it masked."""
        if isinstance(value, str):
            return self._ids.sub(_masked, value)
        if isinstance(value, dict):
            return {self(key): self(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self(item) for item in value]
        return value


def _masked(found: re.Match[str]) -> str:
    text = found[0]
    # Of a short id not even the last four: they would be all of it.
    shown = text[-4:] if len(text) > _SHOWN_WHOLE else ""
    return f"{text.rstrip('0123456789')}***{shown}"


@contextmanager
def source_of(file: Path, clock: Clock) -> Iterator[tuple[Believed, Iterator[Sequence[Any]]]]:
    """Lend what a backup or a full export holds: which journal it is, and its events, each checked as it is read.

    Raises:
        ConfigError: If the file is neither, or an export that leaves something out.
        JournalWriteFailed: If it is damaged.
    """
    if not file.is_file():
        message = f"{file} is no file; name a backup, or an export made with --full"
        raise ConfigError(message)
    with file.open("rb") as opened:
        is_export = opened.read(1) == b"{"
    if is_export:
        yield _from_export(file)
        return
    with SqlJournal.open(file, clock, read_only=True) as journal:
        yield journal.found, journal.rows()


def _from_export(file: Path) -> tuple[Believed, Iterator[Sequence[Any]]]:
    with file.open(encoding="utf-8") as lines:
        try:
            header = json.loads(next(lines))
            found = (header["redacted"], header["whole"], header["journal"], header["made_at"])
            is_redacted, is_whole, name, made_at = found
        except (ValueError, KeyError, TypeError) as error:
            message = f"{file} is no export of a journal: its first line does not say which one"
            raise ConfigError(message) from error
        if is_redacted or not is_whole:
            message = f"{file} leaves something out: no journal is made from it; use a backup or a full export"
            raise ConfigError(message)
    start = start_of(name, made_at)
    tip = Tip(0, start)
    for row in walked(_rows_of(file), start, str(file)):
        tip = Tip(row[0], row[10])
    said = Tip(header["tip"]["sequence"], header["tip"]["hash"])
    if tip != said:
        message = f"{file} ends with event {tip.sequence}, and begins by announcing {said.sequence}: it is cut"
        raise JournalWriteFailed(message)
    return Believed(name, made_at, tip), iter(walked(_rows_of(file), start, str(file)))


def _rows_of(file: Path) -> Iterator[Stored]:
    with file.open(encoding="utf-8") as lines:
        for line in islice(lines, 1, None):
            try:
                facts = json.loads(line)
                yield Stored(**{**facts, "body": canonical_json(facts["body"])})
            except (ValueError, KeyError, TypeError) as error:
                message = f"{file} is damaged: a line of it is no event ({error})"
                raise JournalWriteFailed(message) from error
