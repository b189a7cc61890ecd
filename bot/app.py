"""The composition root: the only file that names concrete classes. Settings in, a desk out."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bot.adapters.alerts import AppriseAlerts
from bot.adapters.arming import user_name
from bot.adapters.build import build_hash
from bot.adapters.clock import WallClock
from bot.adapters.ib.broker import IbBroker
from bot.adapters.ib.settings import IbSettings
from bot.adapters.journal import FilePlace, ServerPlace, SqlJournal
from bot.adapters.lease import FileLease, holder
from bot.adapters.logs import configure_logs
from bot.adapters.switch import FileSwitch
from bot.adapters.systemd import Systemd
from bot.core.domain.arming import Arming, Terms
from bot.engine import events
from bot.engine.desk import Desk
from bot.engine.hours import DailyWindow
from bot.engine.mandate import ExecutionRules, Mandate
from bot.engine.recorder import Recorder
from bot.engine.scheduler import LookScheduler, parse_look
from bot.engine.tracker import Tracker
from bot.errors import BotError, ConfigError, InvariantBroken
from bot.live.alerting import Errands
from bot.live.daemon import Daemon
from bot.live.stopping import StoppableSwitch
from bot.settings import convert
from bot.settings.journaled import journaled, settings_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.adapters.calendar import ExchangeCalendar
    from bot.adapters.journal import Place
    from bot.core.domain.event import Event
    from bot.ports import FollowableClock, Journal, Lease, Switch
    from bot.settings import Settings

JOURNAL_FILE = "journal.sqlite"
#: The newest event's number and hash, beside the journal, also where a server has that.
TIP_FILE = "journal.tip"
LOCK_FILE = "lock"
#: The client id of commands that run before there is a configuration; the default of tool_client_id.
TOOL_CLIENT_ID = 18


@dataclass(frozen=True, slots=True)
class Memory:
    """What outlives this process: the journal, the switch and the lock, in one folder.

    Attributes:
        folder: The state folder, absolute.
        clock: Stamps the journal.
        config: Digest of the settings, part of every event; empty for a command that has none.
        server: Where the journal is if not in the folder, or None.
        terms: What trading would be for, or None for what can only stop it.
        silence_max: How long the owner may give no command before trading halts, or None for ever.
    """

    folder: Path
    clock: FollowableClock
    config: str = ""
    server: ServerPlace | None = None
    terms: Terms | None = None
    silence_max: timedelta | None = None

    @property
    def journal_path(self) -> Path:
        """Where the journal's file is, or will be, unless a server has it."""
        return self.folder / JOURNAL_FILE

    @property
    def place(self) -> Place:
        """Where the journal is, or will be."""
        return self.server or FilePlace(self.journal_path)

    @property
    def lock_path(self) -> Path:
        """Where the lock is, or will be."""
        return self.folder / LOCK_FILE

    def exists(self) -> bool:
        """Return whether the folder is there, and nothing else in its place."""
        with self._usable():
            return self.folder.is_dir()

    def journal(self) -> SqlJournal:
        """Open the journal for writing; it is made if there is none."""
        with self._usable():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Another trader may be a daemon of an older version, which a new schema would stop in the middle.
            is_ours = holder(self.lock_path) in {None, os.getpid()}
            return SqlJournal.open(self.place, self.clock, config=self.config, may_upgrade=is_ours)

    def journal_to_read(self) -> SqlJournal | None:
        """Open the journal beside a running daemon, or return None where there is none yet."""
        with self._usable():
            try:
                self.folder.stat()
                if self.server is None:
                    self.journal_path.stat()
            except FileNotFoundError:
                return None
            if not self.place.exists():
                return None
            return SqlJournal.open(self.place, self.clock, read_only=True)

    def switch(self) -> FileSwitch:
        """Return the kill switch of this folder."""
        with self._usable():
            self.folder.mkdir(parents=True, exist_ok=True)
        # By a clock of its own: a gateway that replays the past does not make an arming good again.
        return FileSwitch(self.folder, WallClock(), self.terms, self.silence_max)

    def halt(self, reason: str, by: str) -> bool:
        """Stop trading: the one way in for a command, a signal and the console. It needs neither journal nor broker.

        Args:
            reason: Why, for a person.
            by: Which of them, for the journal.

        Returns:
            Whether the journal has it, too; it comes second.

        Raises:
            HaltRequired: If the halt could not be made, or not be made durable.
            ConfigError: If the state folder cannot be used.
        """
        switch = self.switch()
        was_halted = switch.is_latched()
        try:
            switch.halt(reason)
        finally:
            has_journal = was_halted or self._told(events.HALTED, {"reason": reason, "by": by})
        return has_journal

    def pause(self, reason: str, by: str) -> bool:
        """Let no plan be opened from now on; arguments, answer and errors as with `halt`."""
        switch = self.switch()
        was_paused = switch.is_paused()
        switch.pause(reason)
        return was_paused or self._told(events.PAUSED, {"reason": reason, "by": by})

    def arming(self, reason: str, days: int) -> Arming:
        """Return the word of whoever runs this command, for these terms and so many days from now."""
        if self.terms is None:
            message = "only a whole configuration can be armed"
            raise InvariantBroken(message)
        now = WallClock().now()
        return Arming(self.terms, now, now + timedelta(days=days), reason, user_name())

    def _told(self, kind: str, body: dict[str, Any]) -> bool:
        """Journal what was done already, if the journal can be written."""
        try:
            with self.journal() as journal:
                journal.append(kind, body)
        except BotError:
            return False
        return True

    def lease(self) -> FileLease:
        """Return the lock of this folder, not yet taken."""
        with self._usable():
            self.folder.mkdir(parents=True, exist_ok=True)
        return FileLease(self.lock_path)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Say in one line what the system says in its own words: no folder, no rights, no room."""
        try:
            yield
        except OSError as error:
            message = (
                f"[state] dir: {self.folder} cannot be used ({error.strerror}); it must be a folder on a local disk"
                " that this user may write to, with room"
            )
            raise ConfigError(message) from error


def start_logs(settings: Settings, clock: FollowableClock) -> None:
    """Send all logs to standard error as the settings say; once a process."""
    level = settings.log.level.lower()
    configure_logs(
        clock,
        level=level,
        as_json=settings.log.format == "json",
        # What the client library logs as an error reaches us as a fact as well, and we say it in our own words.
        library_level="debug" if level == "debug" else "critical",
    )


def memory_of(settings: Settings) -> Memory:
    """Return where this configuration remembers, with a new clock."""
    state, folder = settings.state, Path(settings.state.dir)
    server = None
    if state.journal is not None:
        server = ServerPlace.of(state.journal.get_secret_value(), folder / TIP_FILE)
    days = settings.switch.owner_silence_max_days
    return Memory(
        folder,
        WallClock(),
        settings.digest,
        server,
        terms_of(settings),
        None if days is None else timedelta(days=days),
    )


def terms_of(settings: Settings) -> Terms:
    """Return what a person allows who arms this configuration."""
    return Terms(settings.account.id, settings.mode, settings.risk_digest, build_hash())


def mandate_of(settings: Settings) -> Mandate:
    """Return the settings as domain values."""
    execution = settings.execution
    return Mandate(
        mode=settings.mode,
        account=settings.account.id,
        currency=settings.account.currency,
        specs=convert.instrument_specs(settings),
        universe=convert.universe(settings),
        targets=convert.target_source(settings),
        policy=convert.policy(settings),
        destination=convert.destination(settings),
        planner_rules=convert.planner_rules(settings),
        marks=convert.marks(settings),
        costs=convert.costs(settings),
        account_type=settings.planner.account_type,
        reserved_cash=settings.planner.reserved_cash,
        limits=convert.limits(settings),
        notices=convert.notices(settings),
        confirmations=convert.confirmations(settings),
        first_investment_turnover_max=settings.limits.first_investment_turnover_max,
        execution=ExecutionRules(
            limit_offset_bps=execution.limit_offset_bps,
            acknowledge_timeout_s=execution.acknowledge_timeout_s,
            order_timeout_s=execution.order_timeout_s,
            attempts_max=execution.attempts_max,
            settle_s=execution.settle_s,
            no_trade_before_close_s=execution.no_trade_before_close_s,
            clock_difference_max_s=settings.limits.clock_difference_max_s,
            ladder=execution.ladder,
            adaptive_priority=execution.adaptive_priority,
            close_cutoff_s=execution.close_cutoff_s,
            slices=execution.slices,
            slice_interval_s=execution.slice_interval_s,
            order_volume_max=execution.order_volume_max,
            order_displayed_max=execution.order_displayed_max,
            orders_per_leg_max=execution.orders_per_leg_max,
            orders_per_plan_max=execution.orders_per_plan_max,
        ),
        flow_ack=settings.limits.flow_ack,
        market_index=settings.limits.market_index,
        restart_window=DailyWindow.read(settings.limits.restart_window),
        digest=settings.digest,
        settings=journaled(settings),
    )


def mandate_then(body: dict[str, Any], digest: str) -> Mandate:
    """Return the mandate of settings that the journal kept, under the digest that they had then.

    Raises:
        ConfigError: If this version of the program does not know such settings.
    """
    return replace(mandate_of(settings_from(body)), digest=digest)


def alerts_of(settings: Settings) -> AppriseAlerts:
    """Return the ways to a person; ConfigError if apprise does not know one of them."""
    urls, beat = (
        "" if url is None else url.get_secret_value()
        for url in (settings.alerts.urls, settings.alerts.heartbeat_url)
    )
    return AppriseAlerts(urls.split(), beat or None)


def calendar_of(settings: Settings) -> ExchangeCalendar:
    """Return the sessions of the configured exchange."""
    # Half a second of pandas, which `bot halt` and `bot status` must not wait for.
    from bot.adapters.calendar import ExchangeCalendar  # noqa: PLC0415

    return ExchangeCalendar(settings.schedule.exchange)


def broker_of(
    settings: Settings, clock: FollowableClock, *, own_prefix: str, read_only: bool
) -> IbBroker:
    """Return the account's broker, not yet connected; a read-only one uses the tools' client id."""
    broker = settings.broker
    return IbBroker(
        IbSettings(
            host=broker.host,
            port=broker.port,
            client_id=broker.tool_client_id if read_only else broker.client_id,
            library=broker.library,
            account=settings.account.id,
            mode=settings.mode,
            connect_timeout_s=broker.connect_timeout_s,
            request_timeout_s=broker.request_timeout_s,
            quote_timeout_s=broker.quote_timeout_s,
            follow_gateway_time=broker.follow_gateway_time,
            own_prefix=own_prefix,
            read_only=read_only,
        ),
        clock,
    )


def stranger_of(
    account: str,
    host: str,
    port: int,
    library: Literal["ib_insync", "ib_async"],
    clock: FollowableClock,
) -> IbBroker:
    """Return a read-only broker for an account that has no configuration yet."""
    settings = IbSettings(
        host=host,
        port=port,
        client_id=TOOL_CLIENT_ID,
        library=library,
        account=account,
        mode="observe",
        own_prefix="init-",
        read_only=True,
    )
    return IbBroker(settings, clock)


def desk_of(
    settings: Settings,
    memory: Memory,
    journal: Journal,
    *,
    lease: Lease | None,
    switch: Switch | None = None,
    listener: Callable[[Event], None] | None = None,
) -> Desk:
    """Return everything one account's trading needs.

    Args:
        settings: What a person decided.
        memory: Where it remembers.
        journal: Open for writing.
        lease: The taken lock, or None for a desk that only looks: it connects read-only beside a running daemon.
        switch: Stands before the kill switch of `memory`, or None for that one alone.
        listener: Told of every fact once it is durable.
    """
    recorder = Recorder(journal, listener)
    return Desk(
        mandate=mandate_of(settings),
        clock=memory.clock,
        calendar=calendar_of(settings),
        broker=broker_of(
            settings, memory.clock, own_prefix=f"{journal.name}-", read_only=lease is None
        ),
        recorder=recorder,
        tracker=Tracker(recorder),
        switch=switch or memory.switch(),
        lease=lease,
        # A desk that only looks writes no alert: it is no more than a look.
        alerts=alerts_of(settings) if lease is not None else None,
    )


def daemon_of(settings: Settings, memory: Memory, journal: Journal, lease: Lease) -> Daemon:
    """Return the daemon of one account, not yet running."""
    files = memory.switch()
    switch = StoppableSwitch(files)
    desk = desk_of(settings, memory, journal, lease=lease, switch=switch)
    looks = [parse_look(text) for text in settings.schedule.looks]

    def make_scheduler(daemon: Daemon) -> LookScheduler:
        return LookScheduler(
            clock=desk.clock,
            calendar=desk.calendar,
            looks=looks,
            run_look=daemon.scheduled_look,
            on_failure=daemon.fail,
        )

    return Daemon(
        desk=desk,
        switch=switch,
        look_timeout_s=settings.schedule.look_timeout_s,
        service=Systemd(os.environ),
        make_scheduler=make_scheduler,
        arming_left=files.time_left,
        errands=Errands(settings.alerts.heartbeat_s, settings.alerts.daily_summary),
    )
