"""The nouns. One word has one meaning here, and the rest of the code uses these words only.

instrument         the tradable thing, keyed by IB conId; a *symbol* is for display
position           signed share count that the broker reports (may have a fractional tail)
holding            a position valued in the account's base currency
quote, mid         bid, ask, last with the time they were received; mid only if both sides are there
stale              older than the configured age, by our own clock
NAV                net liquidation as IB reports it; used by guards only
base               what weights are fractions of: the mandate's holdings at mid + cash - reserved cash
weight             holding / base; cash is a weight too, always last
target, drift      the wanted weight; weight - target (signed)
tolerance band     [target - width, target + width]; the *policy* says when to trade and how far
trade, trade list  an intended signed change in shares; the planner's whole output
leg, plan          one trade of a plan; a durable trade list with an end: done, expired, abandoned
attempt            one order sent for a leg; the next one only when the last is proven final
order, fill        an instruction at the broker; one execution report, counted once by execId
arrival price      the mid when the plan was fixed
slippage           side x (fill - arrival) in bps; positive is a cost
look               one pass from monitor to journal; every look is explained
breach             a guard's verdict against a plan or a leg
reading            what a read of the outside world gave: known, confirmed empty, or unknown
occurrence         one due date of a calendar rule, e.g. ``month:2020-03``; done once

Shares are signed (+ buy, - sell). Names end in their unit: ``_bps``, ``_s``, ``_at`` (aware UTC), ``_on`` (date).
"""
