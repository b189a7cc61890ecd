"""`bot journal`: check it, show where it ends, copy it out, and make one from a copy."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from bot.adapters.journal import SqlJournal, canonical_json
from bot.adapters.journal.copying import Mask, back_up, exported, header_of, source_of
from bot.adapters.journal.tip import TipFile
from bot.app import memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.voice import Voice
from bot.engine import events
from bot.errors import ConfigError, JournalBehind, JournalBroken, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.adapters.journal.checks import Believed
    from bot.app import Memory

journal = App(
    name="journal",
    help="The journal: check it, show where it ends, export it, back it up, restore it.",
    result_action="return_value",
)


@journal.command
def verify(*, config: Config = None, json: AsJson = False) -> int:
    """Walk the whole chain; exit 1 at the first event that is missing or is not what was written."""
    voice = Voice(json)
    with voice.errors():
        memory = memory_of(settings_of(config))
        try:
            found = _checked(memory)
        except (JournalBehind, JournalWriteFailed) as error:
            voice.code = 1
            broken_at = error.sequence if isinstance(error, JournalBroken) else None
            voice.fail(
                f"bot: {error} (see runbooks/{error.runbook}.md)",
                {
                    "ok": False,
                    "error": str(error),
                    "kind": type(error).__name__,
                    "runbook": error.runbook,
                    "broken_at": broken_at,
                },
            )
        else:
            voice.say(
                f"Journal {found.name}: chain ok, {found.tip.sequence:,} events, tip {found.tip.hash}"
            )
            voice.answer({"ok": True, **_facts(found)})
    return voice.code


@journal.command
def tip(*, config: Config = None, json: AsJson = False) -> int:
    """Print the newest event's number and hash: written down elsewhere, they prove the whole journal."""
    voice = Voice(json)
    with voice.errors():
        memory = memory_of(settings_of(config))
        found = _checked(memory)
        voice.say(f"{found.name} {found.tip.sequence} {found.tip.hash}")
        voice.answer(_facts(found))
    return voice.code


@journal.command
def export(  # noqa: PLR0913 - one for each option
    file: Annotated[Path | None, Parameter(help="Where to; standard output without it.")] = None,
    /,
    *,
    since: Annotated[date | None, Parameter(help="Only events from this day on (UTC).")] = None,
    kind: Annotated[str | None, Parameter(help="Only events of this kind.")] = None,
    look: Annotated[str | None, Parameter(help="Only events of this look, e.g. L12.")] = None,
    full: Annotated[
        bool, Parameter(negative="", help="With whole account ids; a journal can be made from it.")
    ] = False,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Write events as JSON lines, a header first; account ids are masked unless --full is given."""
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        memory = memory_of(settings)
        mask = None if full else Mask(settings.account.id)
        wanted = _filter(since, kind, look)
        with _to_read(memory) as opened, _output(file) as out:
            header = header_of(opened.found, is_redacted=not full, is_whole=wanted is None)
            out.write(f"{canonical_json(header)}\n")
            count = 0
            for row in opened.rows():
                if wanted is None or wanted(row):
                    out.write(f"{exported(row, mask)}\n")
                    count += 1
        if file is not None:
            voice.say(f"{count:,} events, {'whole' if full else 'account ids masked'}, in {file}")
        if file is not None or json:
            answer = {**_facts(opened.found), "exported": count, "redacted": not full}
            voice.answer({**answer, "whole": wanted is None, "file": file and str(file)})
    return voice.code


@journal.command
def backup(
    file: Annotated[Path, Parameter(help="The new file; it must not exist.")],
    /,
    *,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Copy the journal, also beside a running bot, into one SQLite file, and check the copy."""
    voice = Voice(json)
    with voice.errors():
        memory = memory_of(settings_of(config))
        with _to_read(memory) as opened:
            found = back_up(opened, memory.place, file)
        voice.say(
            f"{file}: chain ok, {found.tip.sequence:,} events, tip {found.tip.hash}. It holds the whole account id."
        )
        voice.answer({**_facts(found), "file": str(file)})
    return voice.code


@journal.command
def restore(
    file: Annotated[Path, Parameter(help="A backup, or an export made with --full.")],
    /,
    *,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Make the journal from a copy, where there is none, and halt: what came after the copy is not in it."""
    voice = Voice(json)
    with voice.errors():
        memory = memory_of(settings_of(config))
        with memory.lease(), ExitStack() as stack:
            if memory.place.exists():
                message = (
                    f"there is a journal at {memory.place.label}; restore only where there is none: put it"
                    " aside, with its -wal and -shm files, and never delete it"
                )
                raise ConfigError(message)
            found, rows = stack.enter_context(source_of(file, memory.clock))
            # First: whatever becomes of this, nothing trades before a person has looked.
            memory.switch().halt(f"journal restored from {file.name}")
            if not memory.place.make({"name": found.name, "made_at": found.made_at}, rows):
                message = f"another process made a journal at {memory.place.label} meanwhile"
                raise ConfigError(message)
            lost = _set_tip_aside(memory, found)
            _note_restore(memory, file, found, lost)
        _tell_restored(voice, memory, found, lost)
    return voice.code


def _tell_restored(voice: Voice, memory: Memory, found: Believed, lost: int) -> None:
    voice.say(
        f"Restored journal {found.name}: {found.tip.sequence:,} events to {memory.place.label}."
    )
    if lost:
        voice.say(f"{lost:,} newer events are known to be lost: compare with the broker.")
    voice.say("Trading is halted: `bot reconcile`, then `bot resume --reason TEXT`.")
    voice.answer({**_facts(found), "lost_events": lost, "halted": True})


def _set_tip_aside(memory: Memory, found: Believed) -> int:
    """Put away a tip file that knows more than the copy; return how many events that is."""
    path = memory.place.tip_path
    anchor = TipFile(path).read()
    if anchor is None or anchor.tip == found.tip:
        return 0
    path.replace(path.with_name(f"{path.name}.before-restore"))
    return max(0, anchor.tip.sequence - found.tip.sequence)


def _note_restore(memory: Memory, file: Path, found: Believed, lost: int) -> None:
    body = {
        "file": file.name,
        "sequence": found.tip.sequence,
        "hash": found.tip.hash,
        "lost_events": lost,
    }
    with memory.journal() as opened:
        opened.append(events.JOURNAL_RESTORED, body)


def _checked(memory: Memory) -> Believed:
    with _to_read(memory) as opened:
        return opened.found


@contextmanager
def _to_read(memory: Memory) -> Iterator[SqlJournal]:
    """Open the journal beside whoever writes it, with a bar for a person who waits."""
    if not memory.place.exists():
        message = f"there is no journal at {memory.place.label}: `bot look` makes one"
        raise ConfigError(message)
    anchor = TipFile(memory.place.tip_path).read()
    with _bar("checking", None if anchor is None else anchor.tip.sequence) as progress:
        opened = SqlJournal.open(memory.place, memory.clock, read_only=True, on_progress=progress)
    with opened:
        yield opened


@contextmanager
def _bar(words: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def _output(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        with file.open("x", encoding="utf-8") as opened:
            yield opened
    except OSError as error:
        message = f"{file} cannot be written ({error.strerror}); an export goes into a new file"
        raise ConfigError(message) from error


def _filter(
    since: date | None, kind: str | None, look: str | None
) -> Callable[[Sequence[Any]], bool] | None:
    """Return which stored rows are wanted, or None for all."""
    if since is None and kind is None and look is None:
        return None
    start = (
        ""
        if since is None
        else datetime.combine(since, time(), UTC).isoformat(timespec="microseconds")
    )

    def wanted(row: Sequence[Any]) -> bool:
        _, recorded_at, its_kind, look_id, *_ = row
        return bool(recorded_at >= start and kind in {None, its_kind} and look in {None, look_id})

    return wanted


def _facts(found: Believed) -> dict[str, Any]:
    return {
        "journal": found.name,
        "events": found.tip.sequence,
        "tip": {"sequence": found.tip.sequence, "hash": found.tip.hash},
    }
