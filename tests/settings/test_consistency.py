"""Keys of different tables that contradict each other are refused; what only looks odd is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.settings.conftest import Load, Refusal

PAPER = 'mode = "paper"'
OBSERVE = {PAPER: 'mode = "observe"'}
LIVE_ACCOUNT = {"DU1234567": "U1234567"}


def port(number: int) -> dict[str, str]:
    return {"port = 4002": f"port = {number}"}


def test_live_is_refused_before_all_else(refusal: Refusal) -> None:
    line = refusal({PAPER: 'mode = "live"', "port = 4002": "port = 0"})
    assert line.startswith('mode: "live" is refused until the written evidence')
    assert refusal({PAPER: 'mode = "live"', **LIVE_ACCOUNT, **port(4001)}).startswith("mode: ")


def test_mode_paper_refuses_a_live_account_on_any_port(refusal: Refusal) -> None:
    for number in (4002, 7497, 4001, 7496, 4004, 5000):
        line = refusal({**LIVE_ACCOUNT, **port(number)})
        expected = f'[account] id: mode "paper" on port {number} needs a paper account, whose id starts with D'
        assert line.startswith(expected)
        assert "more problem" not in line


@pytest.mark.parametrize("number", [4002, 7497])
def test_a_paper_port_with_a_live_account_is_refused_also_when_only_observing(
    refusal: Refusal, number: int
) -> None:
    line = refusal({**OBSERVE, **LIVE_ACCOUNT, **port(number)})
    assert line.startswith(f"[broker] port: {number} is IB's port for paper accounts")
    assert "U1234567" in line


@pytest.mark.parametrize("number", [4001, 7496])
@pytest.mark.parametrize("mode", ["paper", "observe"])
def test_a_live_port_with_a_paper_account_is_refused(
    refusal: Refusal, number: int, mode: str
) -> None:
    line = refusal({PAPER: f'mode = "{mode}"', **port(number)})
    assert line.startswith(f"[broker] port: {number} is IB's port for live accounts")


@pytest.mark.parametrize("number", [4003, 4004, 5000, 65535])
def test_any_other_port_is_neutral(load: Load, number: int) -> None:
    assert load(port(number)).broker.port == number
    assert load({**OBSERVE, **LIVE_ACCOUNT, **port(number)}).broker.port == number


@pytest.mark.parametrize("number", [4001, 7496])
def test_a_live_account_may_be_observed_on_its_own_port(load: Load, number: int) -> None:
    assert load({**OBSERVE, **LIVE_ACCOUNT, **port(number)}).mode == "observe"


@pytest.mark.parametrize("host", ["192.168.1.2", "ib-gateway", "localhost.example", "0.0.0.0"])  # noqa: S104
def test_a_gateway_elsewhere_does_not_set_the_clock(refusal: Refusal, host: str) -> None:
    line = refusal({'host = "127.0.0.1"': f'host = "{host}"'})
    assert line.startswith("[broker] follow_gateway_time: expected false")
    assert host in line


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_gateway_on_this_machine_may_set_the_clock(load: Load, host: str) -> None:
    settings = load({'host = "127.0.0.1"': f'host = "{host}"'})
    assert settings.broker.follow_gateway_time


def test_the_two_client_ids_differ(refusal: Refusal) -> None:
    line = refusal({"client_id = 17": "client_id = 18"})
    assert line.startswith("[broker]: client_id and tool_client_id are both 18")


def test_a_holding_in_another_currency_is_refused(refusal: Refusal, load: Load) -> None:
    xom = '"XOM", weight = 0.099'
    line = refusal({xom: f'{xom}, currency = "EUR"'})
    assert line.startswith("[targets] holdings: XOM is quoted in EUR, but the account is in USD")
    assert load({xom: f'{xom}, currency = "USD"'}).targets.holdings[-1].currency == "USD"


def test_the_cash_buffer_is_at_most_the_cash_target(refusal: Refusal, load: Load) -> None:
    at_the_limit = {"[planner]": "[planner]\ncash_buffer = 0.01"}
    assert load(at_the_limit).planner.cash_buffer == pytest.approx(0.01)
    line = refusal({"[planner]": "[planner]\ncash_buffer = 0.0101"})
    assert line.startswith("[planner] cash_buffer: expected at most [targets] cash = 0.01")
    assert "found 0.0101 (fractions of base)" in line


def test_the_default_cash_buffer_counts_too(refusal: Refusal) -> None:
    line = refusal({"cash = 0.01": "cash = 0", '"XOM", weight = 0.099': '"XOM", weight = 0.109'})
    assert line.startswith(
        "[planner] cash_buffer: expected at most [targets] cash = 0, found 0.002"
    )


def test_the_limit_offset_is_less_than_the_collar(refusal: Refusal, load: Load) -> None:
    assert load({"[execution]": "[execution]\nlimit_offset_bps = 99.9"})
    line = refusal({"[execution]": "[execution]\nlimit_offset_bps = 100"})
    assert line.startswith(
        "[execution] limit_offset_bps: expected less than [limits] collar_max_bps"
    )
    assert "basis points" in line


@pytest.mark.parametrize("ladder", ['["limit_on_close", "limit"]', '["limit", "mid", "limit"]'])
def test_each_style_is_on_the_ladder_once_and_nothing_follows_the_close(
    refusal: Refusal, load: Load, ladder: str
) -> None:
    assert load({"[execution]": '[execution]\nladder = ["mid", "limit_on_close"]'})
    line = refusal({"[execution]": f"[execution]\nladder = {ladder}"})
    assert line.startswith("[execution] ladder: expected each style once and limit_on_close last")


def test_the_smallest_trade_is_less_than_the_largest_order(refusal: Refusal) -> None:
    line = refusal({"minimum_trade = 500": "minimum_trade = 150000"})
    assert line.startswith(
        "[planner] minimum_trade: expected less than [limits] order_notional_max"
    )
    assert "found 150000 (USD)" in line


@pytest.mark.parametrize("look", ["open+0m", "open+4m"])
def test_a_look_before_anything_may_be_sent_is_refused(refusal: Refusal, look: str) -> None:
    # Nothing is sent in the first 300 s of a session; at 300 s it is.
    line = refusal({'"every 15m"': f'"{look}"'})
    assert line.startswith(f'[schedule] looks: "{look}" is earlier than')


@pytest.mark.parametrize("look", ["close-1m", "close-2m"])
def test_a_look_when_nothing_may_be_sent_any_more_is_refused(refusal: Refusal, look: str) -> None:
    # 120 s before the close sending stops; two minutes before it a look has no time left.
    line = refusal({'"every 15m"': f'"{look}"'})
    assert line.startswith(f'[schedule] looks: "{look}" is not earlier than')


def test_a_look_of_hours_before_the_close_counts_in_hours(load: Load) -> None:
    assert load({'"every 15m"': '"close-1h"'}).schedule.looks[1] == "close-1h"


def test_every_contradiction_is_counted(refusal: Refusal) -> None:
    changes = {
        "[execution]": "[execution]\nlimit_offset_bps = 100",
        "minimum_trade = 500": "minimum_trade = 150000",
    }
    assert refusal(changes).endswith("(and 1 more problem)")


HOLDING = '"XOM", weight = 0.099'
BAND = '{ kind = "absolute_band", width = 0.05 }'


def test_a_rule_names_only_instruments_of_the_mandate(refusal: Refusal, load: Load) -> None:
    def band(symbols: str) -> dict[str, str]:
        return {BAND: f'{{ kind = "instrument_band", width = 0.05, widths = {{ {symbols} }} }}'}

    assert load(band("KO = 0.02, XOM = 0.03"))
    assert refusal(band("ZZZ = 0.02, XOM = 0.03, YYY = 0.01")) == (
        "[policy] rule: YYY, ZZZ not among the instruments of [targets]: expected one of AAPL, BAC, CVX, GE, HD, JNJ, "
        "JPM, KO, MSFT, XOM, cash; write it there, or leave it out of the rule"
    )


def test_a_rule_names_only_asset_classes_of_the_holdings(refusal: Refusal, load: Load) -> None:
    def band(classes: str) -> dict[str, str]:
        rule = f'{{ kind = "class_band", widths = {{ {classes} }} }}'
        all_equity = {"weight = 0.099": 'weight = 0.099, asset_class = "equity"'}
        return {**all_equity, BAND: rule}

    assert load(band("equity = 0.05"))
    line = refusal(band("equity = 0.05, bonds = 0.05"))
    assert line.startswith(
        "[policy] rule: bonds not among the asset classes of the holdings in [targets]: expected one of cash, equity;"
    )


def test_what_a_rule_refuses_of_the_mandate_is_refused_while_loading(refusal: Refusal) -> None:
    # Only one holding has a class, and the rule needs one of each.
    changes = {
        HOLDING: f'{HOLDING}, asset_class = "energy"',
        BAND: '{ kind = "class_band", widths = { energy = 0.05 } }',
    }
    line = refusal(changes)
    assert line.startswith("[policy]: ")
    assert "AAPL" in line


def test_a_distance_is_less_than_the_band_is_wide(refusal: Refusal, load: Load) -> None:
    def to(amount: str) -> dict[str, str]:
        return {'"halfway"': f'"distance"\ndestination_amount = {amount}'}

    assert load(to("0.0499")).policy.destination_amount == pytest.approx(0.0499)
    line = refusal(to("0.05"))
    assert line.startswith("[policy]: the distance must be less than the band is wide")
    assert "more problem" not in line


def test_a_source_refuses_holdings_that_it_has_no_use_for(refusal: Refusal) -> None:
    line = refusal({"holdings = [": 'source = { kind = "current" }\nholdings = ['})
    assert line.startswith("[targets]: AAPL has a weight of 0.099 beside it, which current does")
    assert "more problem" not in line


CURRENT = '{ kind = "current" }'
INSIDE = f'{{ kind = "exclusions", exclude = ["GE"], source = {CURRENT} }}'


def _from(source: str) -> dict[str, str]:
    """Change the file to a source that takes no written weights."""
    return {", weight = 0.099": "", "holdings = [": f"source = {source}\nholdings = ["}


@pytest.mark.parametrize("source", [CURRENT, INSIDE])
@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ('trade = "buy_only"', '[targets] holdings: XOM has trade = "buy_only"'),
        ('trade = "sell_only"', '[targets] holdings: XOM has trade = "sell_only"'),
        ('trade = "none", lot = 5', '[targets] holdings: XOM has trade = "none"'),
        ("lot = 2", "[targets] holdings: XOM has lot = 2"),
    ],
)
def test_what_is_held_is_no_mix_where_one_of_it_may_not_be_traded_freely(
    refusal: Refusal, load: Load, source: str, mark: str, told: str
) -> None:
    line = refusal({**_from(source), '"XOM"': f'"XOM", {mark}'})
    assert line.startswith(
        f'{told}, but [targets.source] kind = "current" takes the mix from what is'
    )
    assert line.endswith('leave it out, or write the weights (kind = "static")')
    assert "more problem" not in line
    load({**_from(source), '"XOM"': '"XOM", trade = "any", lot = 1'})
    # With weights of their own the others know where to stop.
    load({'"XOM"': f'"XOM", {mark}'})


def test_what_is_held_is_no_mix_where_a_thin_market_stops_one_of_it(
    refusal: Refusal, load: Load
) -> None:
    capped = {"[planner]": "[planner]\nparticipation_max = 0.05"}
    line = refusal({**_from(CURRENT), **capped})
    assert line.startswith(
        '[planner] participation_max = 0.05, but [targets.source] kind = "current"'
    )
    load(_from(CURRENT))
    load(capped)


def test_the_turnover_of_a_plan_at_limit_prices_is_at_most_its_limit(
    refusal: Refusal, load: Load
) -> None:
    """The guard counts at limit prices: 0.4950 of buys at the mids, 1 % beyond them, are 0.49995, and 0.5 are 0.505."""

    def limit(value: str) -> dict[str, str]:
        return {"[planner]": f"[planner]\nturnover_max = {value}"}

    assert load(limit("0.4950")).planner.turnover_max == pytest.approx(0.4950)
    for value in ("0.4951", "0.5"):
        assert refusal(limit(value)).startswith(
            "[planner] turnover_max: expected at most 0.495, which is [limits] plan_turnover_max = 0.5 less [limits] "
            "collar_max_bps = 100 (limit prices are beyond the mids), found "
        )
    assert refusal(limit("0.5")).endswith(
        "found 0.5 (fractions of base); a plan between the two would be refused, so write a smaller turnover_max"
    )


def test_the_smallest_drift_is_less_than_the_turnover(refusal: Refusal, load: Load) -> None:
    def limits(drift: str) -> dict[str, str]:
        return {"[planner]": f"[planner]\nturnover_max = 0.1\nminimum_drift = {drift}"}

    assert load(limits("0.0999"))
    assert load({"[planner]": "[planner]\nminimum_drift = 0.5"})
    assert refusal(limits("0.1")) == (
        "[planner] minimum_drift: expected less than turnover_max = 0.1, found 0.1 (fractions of base); no trade could "
        "be both, so write a smaller minimum_drift"
    )


def test_a_rule_that_asks_for_costs_needs_them_in_the_accounts_currency(
    refusal: Refusal, load: Load
) -> None:
    euro = {'"USD"': '"EUR"'}
    gate = f'{{ kind = "all_of", rules = [{BAND}, {{ kind = "cost_benefit" }}] }}'
    assert load(euro)
    assert load({BAND: gate})
    line = refusal({**euro, BAND: gate})
    assert line.startswith("[policy] rule: it asks what trades cost, and [costs] knows")
    assert "in USD only, but the account is in EUR" in line


@pytest.mark.parametrize(
    ("at", "looks"),
    [
        ("open", ["open+5m"]),
        ("open+30m", ["open+30m"]),
        ("open+30m", ["close-60m"]),
        ("close-30m", ["close-60m", "close-30m"]),
        ("close-60m", ["close-1h"]),
        ("close-30m", ["every 15m"]),
        # 30 + 270 minutes are a session of five hours, the shortest that there is.
        ("close-30m", ["open+270m"]),
    ],
)
def test_a_calendar_that_a_look_comes_late_enough_for_is_taken(
    load: Load, at: str, looks: list[str]
) -> None:
    assert load(_calendar(at, looks)).schedule.looks == tuple(looks)


@pytest.mark.parametrize(
    ("at", "looks"),
    [
        ("open+31m", ["open+5m", "open+30m"]),
        ("close-30m", ["open+30m", "close-60m"]),
        ("close-59m", ["close-1h"]),
        ("close-30m", ["open+269m"]),
    ],
)
def test_a_calendar_after_every_look_is_refused_since_it_is_never_due(
    refusal: Refusal, at: str, looks: list[str]
) -> None:
    assert refusal(_calendar(at, looks)) == (
        f'[policy] rule: calendar at "{at}" comes after every look of a session ([schedule] looks: '
        f'{", ".join(looks)}), so it would never be due; write an earlier at, or a look "{at}"'
    )


def test_a_calendar_when_nothing_is_sent_any_more_is_refused(refusal: Refusal, load: Load) -> None:
    # Nothing is sent in the last 120 seconds: two minutes before the close is one of them.
    assert refusal(_calendar("close-2m", ["every 1m"])).startswith(
        '[policy] rule: calendar at "close-2m" is not earlier than [execution] no_trade_before_close_s = 120 (seconds)'
    )
    assert load(_calendar("close-3m", ["every 1m"]))


def _calendar(at: str, looks: list[str]) -> dict[str, str]:
    """Return the changes that put a calendar inside `all_of`, and its looks, into the configuration."""
    rule = f'{{ kind = "calendar", every = "quarter", at = "{at}" }}'
    return {
        BAND: f'{{ kind = "all_of", rules = [{BAND}, {rule}] }}',
        'looks = ["open+30m", "every 15m", "close-60m"]': f"looks = {looks}",
    }
