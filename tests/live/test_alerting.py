"""Alerts leave to a real server, come again after a restart, and block a plan while nobody has heard of them."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.app import daemon_of, desk_of
from bot.core.domain.alert import Alert, Level
from bot.engine import events
from bot.engine.posting import tell
from bot.engine.summary import summary_of
from bot.errors import Stopped
from bot.live.alerting import Errands, telling
from bot.live.supervisor import stop_trading, supervised_look
from bot.settings import load_settings


class Mailbox:
    """A real HTTP server on loopback: keeps what it gets, and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.letters: list[dict[str, str]] = []
        self.paths: list[str] = []
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_GET(self):
                self.answer(None)

            def answer(self, letter):
                if letter is None:
                    box.paths.append(self.path)
                elif box.status == 200:
                    box.letters.append(letter)
                self.send_response(box.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                """Say nothing: the tests' output is the tests'."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def titles(self) -> list[str]:
        return [letter["title"] for letter in self.letters]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def mailbox():
    box = Mailbox()
    yield box
    box.close()


@pytest.fixture
def environ(mailbox):
    return {
        "BOT_ALERTS__URLS": f"json://127.0.0.1:{mailbox.port}/hush-token",
        "BOT_ALERTS__HEARTBEAT_URL": f"http://127.0.0.1:{mailbox.port}/beat-token",
    }


@pytest.fixture
def settings(world, environ):
    made = load_settings(world.config, environ)
    world.arm(made)
    return made


@pytest.fixture
async def told(world, settings):
    """A desk that may trade and whose alerts go to the mailbox."""
    memory = world.memory
    with memory.lease() as lease, memory.journal() as journal:
        desk = desk_of(settings, memory, journal, lease=lease)
        yield desk
        await desk.broker.disconnect()


CRITICAL = Alert(Level.CRITICAL, "Something", "account DU1234567 is odd", "halted", "something")


async def test_a_halt_leaves_within_five_seconds_with_its_page_and_the_journals_tip(
    told, mailbox, wait_until
):
    """I24, and I25 where it leaves: the account in the halt's reason is hidden."""
    async with telling(told):
        await stop_trading(told, "account DU1234567 lost its mind")
        await wait_until(lambda: mailbox.letters, 5)
    [halted] = told.recorder.journal.events(kinds=[events.HALTED])
    [alert] = told.recorder.journal.events(kinds=[events.ALERT])
    assert alert.body["text"] == "account D***567 lost its mind"
    [letter] = mailbox.letters
    assert letter["title"] == "[critical] Trading is halted"
    assert letter["type"] == "failure"
    assert "account D***567 lost its mind" in letter["message"]
    assert "runbooks/halted.md" in letter["message"]
    assert f"journal {halted.sequence} {halted.hash[:16]}" in letter["message"]
    sent = told.recorder.journal.events(kinds=[events.ALERT_SENT])
    assert [(event.body["channel"], event.body["attempt"]) for event in sent] == [("1 json", 1)]


async def test_what_no_channel_took_is_journaled_and_sent_after_a_restart(
    world, settings, told, mailbox
):
    mailbox.status = 500
    async with telling(told):
        tell(told, CRITICAL)
    assert mailbox.letters == []
    journal = told.recorder.journal
    assert journal.events(kinds=[events.ALERT_FAILED])
    assert not journal.events(kinds=[events.ALERT_SENT])
    mailbox.status = 200
    again = desk_of(settings, world.memory, journal, lease=told.lease)
    async with telling(again):
        pass
    assert mailbox.titles == ["[critical] Something"]
    once_more = desk_of(settings, world.memory, journal, lease=told.lease)
    async with telling(once_more):
        pass
    assert mailbox.titles == ["[critical] Something"], "what was taken is over"


async def test_a_fact_whose_process_died_before_its_alert_is_told_by_the_next_one(told, mailbox):
    told.recorder.record(events.DAEMON_STARTED, {"settings": ""})
    told.recorder.record(events.HALTED, {"reason": "the lamp fell", "by": "bot"})
    assert not told.recorder.journal.events(kinds=[events.ALERT])
    async with telling(told):
        pass
    assert sorted(mailbox.titles) == ["[critical] Trading is halted", "[info] The bot started"]


async def test_history_from_before_anybody_was_to_be_told_is_not_told(told, mailbox):
    told.recorder.record(events.HALTED, {"reason": "last year", "by": "bot"})
    told.recorder.record(events.DAEMON_STARTED, {"settings": ""})
    async with telling(told):
        pass
    assert mailbox.titles == ["[info] The bot started"]


async def test_the_same_about_the_same_thing_is_told_once(told, mailbox):
    async with telling(told):
        tell(told, CRITICAL)
        tell(told, CRITICAL)
    assert len(mailbox.letters) == 1


async def test_a_channel_that_fails_is_tried_again_and_the_journal_counts(
    told, mailbox, wait_until
):
    mailbox.status = 503

    def failed():
        found = told.recorder.journal.events(kinds=[events.ALERT_FAILED])
        return [event.body["attempt"] for event in found]

    async with telling(told):
        tell(told, CRITICAL)
        await wait_until(lambda: failed() == [1], 10)
        mailbox.status = 200
        await wait_until(lambda: mailbox.letters, 15)
    sent = told.recorder.journal.events(kinds=[events.ALERT_SENT])
    assert [event.body["attempt"] for event in sent] == [2]


async def test_a_critical_alert_that_nobody_heard_of_blocks_the_next_plan_until_acknowledged(
    world, environ, mailbox
):
    """The alert is two minutes old by the clock that the world's gateway replays."""
    mailbox.status = 500
    config = str(world.config)
    settings = load_settings(world.config, environ)
    world.arm(settings)
    memory = world.memory
    with memory.journal() as journal:
        tip = {"sequence": 0, "hash": "0" * 64}
        body = {
            "level": "critical",
            "title": "Something",
            "text": "is odd",
            "runbook": "halted",
            "key": "k",
            "source": 0,
            "tip": tip,
        }
        journal.append(events.ALERT, body)
    asked = await world.bot("look", "--execute", "--config", config, "--json", environment=environ)
    assert (asked.code, asked.facts["outcome"]) == (77, "blocked"), asked.out + asked.err
    assert "reached nobody" in asked.facts["statement"]
    assert "runbooks/alert-undelivered.md" in asked.facts["statement"]
    assert world.gateway.orders == ()
    listed = await world.bot("alerts", "--config", config, "--json")
    assert listed.code == 1
    assert "Something" in [row["title"] for row in listed.facts["undelivered"]]
    word = await world.bot(
        "alerts", "acknowledge", "--reason", "seen", "--config", config, "--json"
    )
    assert word.code == 0, word.err
    done = await world.bot("look", "--execute", "--config", config, "--json", environment=environ)
    assert done.facts["outcome"] == "traded", done.out


async def test_a_test_says_which_channel_took_it(world, environ, mailbox):
    config = str(world.config)
    good = await world.bot("alerts", "test", "--config", config, "--json", environment=environ)
    assert (good.code, good.facts["channels"]) == (0, {"1 json": True}), good.err
    # Nothing listens on port 9 of this machine.
    both = {"BOT_ALERTS__URLS": f"{environ['BOT_ALERTS__URLS']} json://127.0.0.1:9"}
    half = await world.bot("alerts", "test", "--config", config, "--json", environment=both)
    assert (half.code, half.facts["channels"]) == (1, {"1 json": True, "2 json": False})
    none = await world.bot("alerts", "test", "--config", config, "--json")
    assert (none.code, none.facts["channels"]) == (1, {})
    assert len(mailbox.letters) == 2


async def test_a_url_that_no_channel_has_is_refused_at_the_start_without_its_text(world):
    answer = await world.bot(
        "look",
        "--execute",
        "--config",
        str(world.config),
        environment={"BOT_ALERTS__URLS": "nothing://hush-token"},
    )
    assert answer.code == 78
    assert "[alerts] urls: number 1 is no URL that apprise knows" in answer.err
    assert "hush-token" not in answer.out + answer.err


async def test_the_heartbeat_is_fetched_once_journal_and_broker_were_compared_and_not_while_halted(
    world, settings, mailbox, wait_until
):
    memory = world.memory
    with memory.lease() as lease, memory.journal() as journal:
        daemon = daemon_of(settings, memory, journal, lease)
        daemon.errands = Errands(heartbeat_s=0.5)
        running = asyncio.create_task(daemon.run())
        await wait_until(lambda: len(mailbox.paths) > 1, 20)
        assert set(mailbox.paths) == {"/beat-token"}
        assert daemon.desk.watch.compared_at_s is not None
        daemon.desk.recorder.journal = ReadOnly(journal, memory.journal_to_read())
        count = len(mailbox.paths)
        # Two beats' time without one but that which was on its way.
        await asyncio.wait({running}, timeout=1.2)
        assert len(mailbox.paths) <= count + 1
        daemon.desk.recorder.journal = journal
        await wait_until(lambda: len(mailbox.paths) > count + 1, 5)
        daemon.desk.tracker.link_is_up = False
        count = len(mailbox.paths)
        await asyncio.wait({running}, timeout=1.2)
        assert len(mailbox.paths) <= count + 1
        memory.switch().halt("by hand")
        with pytest.raises(Stopped, match="by hand"):
            await asyncio.wait_for(running, 20)
    assert mailbox.titles[0] == "[info] The bot started"
    assert "[critical] The bot ended" in mailbox.titles


class ReadOnly:
    """A journal of which the file can be read alone, as on a disk that the system took away from writers."""

    def __init__(self, journal, reader) -> None:
        self._journal = journal
        self.probe = reader.probe

    def __getattr__(self, name):
        return getattr(self._journal, name)


class Hanging:
    """A server that takes a line and never answers."""

    def __init__(self) -> None:
        self._lines: list[asyncio.StreamWriter] = []

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._keep, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def _keep(self, _reader, writer) -> None:
        self._lines.append(writer)

    def close(self) -> None:
        self._server.close()
        for line in self._lines:
            line.close()


async def test_a_channel_that_hangs_holds_up_no_other_one_and_no_other_alert(
    world, mailbox, wait_until
):
    """I24: both reach the mailbox within 5 s, though apprise waits 8 s at the other channel for an answer to each."""
    hanging = Hanging()
    port = await hanging.start()
    urls = f"json://127.0.0.1:{port}/?rto=8 json://127.0.0.1:{mailbox.port}"
    settings = load_settings(world.config, {"BOT_ALERTS__URLS": urls})
    memory = world.memory
    with memory.lease() as lease, memory.journal() as journal:
        desk = desk_of(settings, memory, journal, lease=lease)
        async with telling(desk):
            tell(desk, Alert(Level.INFO, "First", "", "", "first"))
            await wait_until(lambda: mailbox.titles == ["[info] First"], 5)
            tell(desk, CRITICAL)
            await wait_until(lambda: "[critical] Something" in mailbox.titles, 5)
            hanging.close()
    failed = [event.body["channel"] for event in world.events(events.ALERT_FAILED)]
    assert set(failed) <= {"1 json"}


async def test_a_journal_that_cannot_be_used_is_told_without_one(world, environ, mailbox):
    """Its file is gone, the tip beside it knows of one: nothing can be journaled, and a person hears of it."""
    config = str(world.config)
    with world.memory.journal() as journal:
        journal.append(events.DAEMON_STARTED, {"settings": ""})
    (world.folder / "state" / "journal.sqlite").unlink()
    answer = await world.bot("run", "--config", config, environment=environ)
    assert answer.code == 77, answer.err
    assert mailbox.titles == ["[critical] The journal cannot be used"]
    assert "runbooks/journal-behind.md" in mailbox.letters[0]["message"]


@pytest.mark.at("2020-06-01 19:45")
async def test_a_closed_session_is_summed_up_in_one_line(world, settings, mailbox):
    """What the journal does not know is said to be unknown; one look, then the close."""
    memory = world.memory
    with memory.lease() as lease, memory.journal() as journal:
        desk = desk_of(settings, memory, journal, lease=lease)
        session = desk.calendar.session_at(datetime(2020, 6, 1, 15, tzinfo=UTC))
        before = summary_of(desk, session)
        assert before.text == "base unknown, drift unknown, 0 orders filled, 0 holds"
        report = await supervised_look(desk, execute=True)
        await desk.broker.disconnect()
        after = summary_of(desk, session)
        orders = len(world.gateway.orders)
    assert report.outcome.value == "traded"
    assert re.fullmatch(
        rf"base [0-9,.]+ USD, largest drift \w+ [+-][0-9.]+ % of base, {orders} orders filled, 0 holds",
        after.text,
    )
    assert after.key == "summary:2020-06-01"
