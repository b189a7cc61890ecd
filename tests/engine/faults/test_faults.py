"""Each line is a fault, when it strikes, and how the first and the last look end. What must never be is in trial.py.

`wrongs` is asked after every look, on the gateway's truth: no order twice, no leg overfilled, no short, no bug, and no
exit 0 while the journal and the account differ. A story that does not end with nothing to do must name the way out.
"""

from __future__ import annotations

import pytest

from tests.engine.faults.trial import Trial, run

MSFT = {"symbol": "MSFT"}  # which the plan sells, as AAPL; the others are bought
CASH = {"key": "TotalCashValue"}
WELL, OPEN, GIVEN_UP, HALT = "nothing_to_do", "plan_open", "abandoned", "HaltRequired"
#: Nothing more to do, but for what is held until a person has looked.
HELD = "held"

CONNECTIONS = [
    ("drop-connection", {}, "place", "unknown", WELL),
    ("drop-connection", {"side": "after-ack"}, "place", "unknown", WELL),
    ("drop-connection", {"side": "mid-frame"}, "fill", "unknown", WELL),
    ("drop-connection", {"count": 3}, "place", "unknown", WELL),
    ("half-open", {}, "place", "unknown", WELL),
    ("slow-frames", {}, "before", "traded", WELL),
    ("glued-frames", {"step_s": 3.0}, "place", "traded", WELL),
    ("refuse-connections", {}, "before", "unknown", WELL),
    ("silent-handshake", {}, "before", "unknown", WELL),
    ("client-id-in-use", {}, "before", "unknown", WELL),
]
SYSTEM = [
    ("connectivity-lost", {}, "before", "unknown", WELL),
    ("connectivity-lost", {"for_s": 20.0}, "place", "unknown", WELL),
    ("connectivity-lost", {"for_s": 5.0, "orders": "lost"}, "place", "unknown", "blocked"),
    ("connectivity-lost", {"for_s": 40.0, "data": "lost"}, "fill", "traded", WELL),
    ("server-connection-broken", {"for_s": 20.0}, "place", "unknown", WELL),
    ("connectivity-restored", {"data": "lost"}, "place", "traded", WELL),
    ("farms-down", {}, "before", "unknown", WELL),
    ("farms-down", {"farm": "quotes"}, "place", OPEN, WELL),
    ("nightly-restart", {}, "place", "unknown", WELL),
    ("nightly-restart", {"ids_back": 100, "for_s": 20.0}, "fill", "unknown", WELL),
    ("weekly-login", {}, "place", "unknown", WELL),
    ("read-only", {}, "place", "unknown", "blocked"),
    ("pacing", {"messages": 5, "violations": 1}, "before", "unknown", WELL),
    ("competing-session", {"connections": "cut"}, "fill", "unknown", WELL),
]
ORDERS = [
    ("order-notice", {"code": 10349}, "place", "traded", WELL),
    ("order-notice", {"code": 201}, "place", "traded", WELL),
    ("delisted", MSFT, "place", GIVEN_UP, "blocked"),
    # Lost, or only late: nobody can tell, so there is no second attempt.
    ("lost-order", {}, "before", "unknown", "blocked"),
    ("lost-order", {"count": 0}, "before", "unknown", "blocked"),
    ("rejected-order", {}, "before", GIVEN_UP, "blocked"),
    ("rejected-order", {"count": 0}, "fill", GIVEN_UP, "blocked"),
    ("stuck-order", {}, "before", "traded", WELL),
    ("stuck-order", {"state": "Inactive"}, "before", "unknown", WELL),
    ("system-cancel", {}, "place", "traded", WELL),
    ("foreign-order", {**MSFT, "shares": -10}, "fill", "traded", HELD),
    ("foreign-order", {**MSFT, "shares": -10, "limit": "400"}, "before", "traded", HELD),
    ("liquidation", MSFT, "place", HALT, "halted"),
    ("corrected-execution", {"factor": "0.5"}, "fill", "traded", WELL),
    ("corrected-execution", {"what": "shares"}, "fill", GIVEN_UP, WELL),
]
REPORTS = [
    ("view-lag", {}, "before", "traded", WELL),
    ("view-lag", {"lag_s": 25.0}, "place", "traded", WELL),
    # Later than the settle window of 30 s: every order is taken for lost, and none is sent again.
    ("view-lag", {"lag_s": 120.0}, "before", "unknown", "halted"),
    ("view-lag", {"lag_s": 120.0}, "fill", "unknown", "halted"),
    ("late-commission", {"late_s": 600.0}, "before", "traded", WELL),
    ("mute", {}, "before", "unknown", WELL),
    ("mute", {"ids": "53"}, "place", "traded", WELL),
    ("mute", {"ids": "3 5 11"}, "place", "unknown", WELL),
    ("ack-withheld", {}, "before", "traded", WELL),
    ("execution-before-status", {}, "before", "traded", WELL),
    ("no-status", {"terms": "untold"}, "before", "traded", WELL),
    ("duplicate-execution", {"times": 20}, "before", "traded", WELL),
    ("duplicate-commission", {"times": 20}, "before", "traded", WELL),
    ("duplicate-status", {"times": 100}, "before", "traded", WELL),
    ("silent-after-partial", {"rest_s": 65.0}, "before", "traded", WELL),
    ("unset-commission", {}, "before", "traded", WELL),
]
QUOTES = [
    ("quotes-absent", {}, "place", OPEN, WELL),
    ("quotes-nan", {}, "before", "unknown", WELL),
    ("quotes-zero", MSFT, "before", "unknown", WELL),
    ("quotes-crossed", {}, "place", OPEN, WELL),
    ("quotes-wide", {}, "before", "blocked", WELL),
    ("quotes-scaled", {}, "before", "blocked", WELL),
    ("quotes-scaled", {**MSFT, "factor": "0.1"}, "before", "blocked", WELL),
    ("quotes-silent", {}, "place", OPEN, WELL),
    ("quotes-delayed", {}, "before", "blocked", WELL),
    ("halt", {"for_s": 30.0}, "place", "traded", WELL),
]
ACCOUNT = [
    ("cash-flow", {"amount": "-3000"}, "fill", "traded", WELL),
    ("cash-flow", {"amount": "-100000"}, "fill", OPEN, OPEN),
    ("foreign-position", MSFT, "place", "traded", HELD),
    ("foreign-position", {**MSFT, "shares": -400}, "fill", "traded", HELD),
    # The others go on as far as the cash is there without what MSFT was to bring.
    ("split", MSFT, "place", OPEN, OPEN),
    ("split", MSFT, "fill", "traded", HELD),
    ("split", {**MSFT, "ratio": "0.1"}, "place", GIVEN_UP, "blocked"),
    ("account-value", {}, "before", "unknown", WELL),
    ("account-value", {"value": "0"}, "before", "blocked", WELL),
    ("account-value", CASH, "place", "unknown", WELL),
    ("account-value", {**CASH, "value": "500000"}, "before", "blocked", WELL),
    ("account-value", {**CASH, "value": "0"}, "place", OPEN, WELL),
    ("account-currency", {}, "before", "blocked", WELL),
    ("clock-skew", {}, "place", "traded", WELL),
    ("positions-endless", {}, "place", "traded", WELL),
    ("positions-empty", {}, "before", "blocked", WELL),
    ("positions-empty", MSFT, "before", "blocked", WELL),
    # The account looks flat after the first fill: what is left of the plan waits.
    ("positions-empty", {}, "fill", OPEN, WELL),
]
CASES = [*CONNECTIONS, *SYSTEM, *ORDERS, *REPORTS, *QUOTES, *ACCOUNT]
#: One of these is in the last words of a bot that does not go on by itself.
WAYS_OUT = ("bot reconcile", "bot resume", "before the next session", "ends with the session")


def ended(look):
    return HELD if look.outcome == WELL and " is held: " in look.statement else look.outcome


@pytest.mark.parametrize(("fault", "parameters", "when", "first", "last"), CASES)
def test_a_fault_does_no_harm_and_the_bot_says_so(tmp_path, fault, parameters, when, first, last):
    story = run(Trial(fault, parameters, when), tmp_path)
    assert story.wrong == []
    assert (ended(story.looks[0]), ended(story.looks[-1])) == (first, last), story.looks
    if last != WELL:
        assert story.looks[-1].code != 0
        assert any(words in story.looks[-1].statement for words in WAYS_OUT), story.looks[-1]


#: Struck in the middle, and each look after it is one of a new process.
RESTARTED = [
    ("drop-connection", {}, "place"),
    ("nightly-restart", {"ids_back": 100, "for_s": 20.0}, "fill"),
    ("connectivity-lost", {"for_s": 20.0}, "place"),
    ("view-lag", {"lag_s": 25.0}, "place"),
    ("mute", {"ids": "3 5 11"}, "place"),
    ("half-open", {}, "fill"),
    ("stuck-order", {"state": "Inactive"}, "place"),
]


@pytest.mark.parametrize(("fault", "parameters", "when"), RESTARTED)
def test_a_new_process_goes_on_where_the_one_before_it_stopped(tmp_path, fault, parameters, when):
    story = run(Trial(fault, parameters, when, restarts=True), tmp_path)
    assert story.wrong == []
    assert story.looks[-1].outcome == WELL, story.looks


def test_what_the_holdings_show_after_a_look_is_in_its_words_and_its_exit_code(tmp_path):
    """A sale by hand while the plan was worked: every order is filled, and ten shares of MSFT are gone."""
    story = run(Trial("foreign-order", {**MSFT, "shares": -10}, "fill"), tmp_path)
    look = story.looks[0]
    assert (look.outcome, look.code) == ("traded", 1)
    assert "MSFT is held: 689 shares held, 699 explained by our fills" in look.statement


def test_a_fill_that_was_taken_back_is_not_traded_again(tmp_path):
    story = run(Trial("corrected-execution", {"what": "shares"}, "fill"), tmp_path)
    assert "the broker took back a part" in story.looks[0].statement
    assert story.looks[0].orders == 9


def test_nothing_to_do_is_not_said_of_an_account_whose_value_is_in_doubt(tmp_path):
    """After the plan the broker tells a net liquidation of 0: the weights are inside their bands all the same."""
    story = run(Trial("account-value", {"value": "0"}, "fill"), tmp_path)
    assert [look.outcome for look in story.looks] == ["traded", "blocked", WELL]
    assert "net liquidation differs" in story.looks[1].statement


def test_what_is_held_is_planned_as_if_it_could_not_be_traded(tmp_path):
    """MSFT is 10.9 points over its target and held by somebody's order: the others share the cash that is there, and
    no second plan wants buys that only MSFT could pay for."""
    resting = {**MSFT, "shares": -10, "limit": "400"}
    story = run(Trial("foreign-order", resting, "before"), tmp_path)
    assert [look.outcome for look in story.looks[:2]] == ["traded", WELL]
    assert "MSFT: 10.90 pp over target: 20.80 %, no trade: it is held" in story.looks[1].statement
    assert [look.orders for look in story.looks] == [5, 5, 5]
