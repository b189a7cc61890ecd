"""Everything that one account's trading needs, in one hand: ports, mandate, recorder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.engine.outbox import Outbox

if TYPE_CHECKING:
    from bot.engine.mandate import Mandate
    from bot.engine.recorder import Recorder
    from bot.engine.tracker import Tracker
    from bot.ports import Alerts, Broker, Calendar, Clock, Lease, Switch


@dataclass(slots=True)
class Watch:
    """When the lists were compared, monotonic seconds.

    Attributes:
        compared_at_s: The last that ended, or None.
        not_before_s: No other one before this.
    """

    compared_at_s: float | None = None
    not_before_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Desk:
    """One account's ports and rules. Built by `app.py`, passed down, never global.

    Attributes:
        mandate: What the bot was told to do.
        clock: Time.
        calendar: The exchange's sessions.
        broker: The account.
        recorder: The journal and the ledger folded from it.
        tracker: Takes the broker's events, in and between looks.
        switch: The kill switch, re-read before every send.
        lease: Who may trade, or None where nothing may be sent (a look that only shows).
        watch: When journal and broker were compared.
        alerts: The ways to a person; none of them where nobody is to be told.
        outbox: What a person must hear of yet, folded from the journal.
    """

    mandate: Mandate
    clock: Clock
    calendar: Calendar
    broker: Broker
    recorder: Recorder
    tracker: Tracker
    switch: Switch
    lease: Lease | None
    watch: Watch = field(default_factory=Watch)
    alerts: Alerts | None = None
    outbox: Outbox = field(default_factory=Outbox)

    @property
    def own_prefix(self) -> str:
        """Return what every order_ref of this journal starts with."""
        return f"{self.recorder.journal.name}-"

    async def drain(self) -> None:
        """Take into account what the broker has said so far.

        Raises:
            HaltRequired: If it filled what it must not have filled.
        """
        while (event := await self.broker.next_event(0)) is not None:
            self.tracker.take(event)
