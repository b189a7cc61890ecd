"""The names of what the journal remembers, each with what its body holds."""

from __future__ import annotations

from typing import Final

#: A look began: the mode, whether it may trade, the digest of the settings. Its sequence number names the look.
LOOK_STARTED: Final = "look_started"
#: Everything that the look saw.
SNAPSHOT: Final = "snapshot"
#: The policy's verdict with every number it saw: the decision, what it knew beyond the snapshot, where the targets
#: come from, what the planner left out and why.
DECISION: Final = "decision"
#: What the account is worth in a look with the lease: base, cash, holdings, the flow since the look before, unit value.
VALUED: Final = "valued"
#: Closes and volumes of finished sessions, once a session; decisions name it by its digest.
HISTORY: Final = "history"
#: Guards that spoke against a plan or a leg.
BREACHES: Final = "breaches"
#: What of a plan is beyond the limits that only tell.
NOTICES: Final = "notices"
#: What of a plan is beyond the limits that a person is asked about; it waits for an approval.
QUESTIONS: Final = "questions"
#: A plan was fixed: legs, arrival prices, positions and cash at that moment, when it expires, what it waits for.
PLAN_OPENED: Final = "plan_opened"
#: A person let a plan go that waited for it.
PLAN_APPROVED: Final = "plan_approved"
#: A plan ended: done, expired or abandoned, and why; with what each order cost against the mid at arrival.
PLAN_ENDED: Final = "plan_ended"
#: A buy was cut to what the cash allows: leg, shares cut, reason.
LEG_TRIMMED: Final = "leg_trimmed"
#: A leg is given up: it gets no further order under its plan: leg, reason. Somebody is to hear of it.
LEG_STOPPED: Final = "leg_stopped"
#: An order is about to be sent. Durable before a byte leaves; its order_ref is unique for ever.
ORDER_INTENT: Final = "order_intent"
#: An order changed state: from, event, evidence; where it led to is the table's to say.
ORDER_STATE: Final = "order_state"
#: One fill.
EXECUTION: Final = "execution"
#: What a fill cost.
COMMISSION: Final = "commission"
#: An error or warning of the broker about one of our orders: a hint, never a state.
ORDER_ERROR: Final = "order_error"
#: The broker has an order of ours with other terms than were sent; its leg gets no further order: leg, reason.
ORDER_ALTERED: Final = "order_altered"
#: A message about the broker's connection.
SYSTEM_MESSAGE: Final = "system_message"
#: Calendar occurrences were looked at and needed no trade: they are done.
OCCURRENCES_DONE: Final = "occurrences_done"
#: A look ended: outcome and one line why.
LOOK_ENDED: Final = "look_ended"
#: Trading was stopped, by whom and why.
HALTED: Final = "halted"
#: A person wants no new plan, and why.
PAUSED: Final = "paused"
#: A person allowed trading again after a halt or a pause, with a reason.
RESUMED: Final = "resumed"
#: Journal and broker were compared: the occasion, and every difference with both numbers, effect and remedy.
RECONCILED: Final = "reconciled"
#: A difference holds its symbol, or every order: a row of RECONCILED. Again, if its numbers changed.
HELD: Final = "held"
#: A hold ended: its key, the reason, and by whom: the bot (two reads without it) or a person.
RELEASED: Final = "released"
#: A person accepted cash that came or went by no fill of ours, with a reason: the amount, account currency.
FLOW_ACCEPTED: Final = "flow_accepted"
#: The broker sold or bought for want of margin: the execution. Trading is halted once for each.
LIQUIDATED: Final = "liquidated"
#: A person's word that trading may go on: what for, until when, who, and the terms that were armed before.
ARMED: Final = "armed"
#: A person accepted such a holding as it is, with a reason: con_id, shares.
POSITION_ACCEPTED: Final = "position_accepted"
#: A person said what became of an order that nothing else could settle, with a reason.
ACKNOWLEDGED: Final = "acknowledged"
#: The journal was made from a copy: of which event, and what the tip file of the lost one knew.
JOURNAL_RESTORED: Final = "journal_restored"
#: The settings in force, whole, once for each digest: what a decision is made again with.
SETTINGS: Final = "settings"
#: The daemon started or stopped.
DAEMON_STARTED: Final = "daemon_started"
DAEMON_STOPPED: Final = "daemon_stopped"
#: A person must hear of something: level, title, text, runbook, key, the event it is of (0: none), the journal's tip.
ALERT: Final = "alert"
#: A channel took an alert, or did not: the alert's number, the channel's name, which attempt it was.
ALERT_SENT: Final = "alert_sent"
ALERT_FAILED: Final = "alert_failed"
#: A person has seen alerts that no channel took: their numbers, and a reason.
ALERT_ACKNOWLEDGED: Final = "alert_acknowledged"
