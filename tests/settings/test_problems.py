"""Every line says the key, what was expected, what was found, the unit, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.settings.conftest import Refusal

BAND = '{ kind = "absolute_band", width = 0.05 }'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('mode = "paper"', 'moed = "paper"', "moed is not a known key: the nearest is mode"),
        ("[state]", "[staet]", "[staet] is not a known key: the nearest is state"),
        ("port = 4002", "prot = 4002", "[broker] prot is not a known key: the nearest is port"),
        ("[policy.rule]", "[policy.ruel]", "[policy] ruel is not a known key: the nearest is rule"),
        (
            "collar_max_bps",
            "colar_max_bps",
            "[limits] colar_max_bps is not a known key: the nearest is collar_max_bps",
        ),
        (
            '"XOM", weight',
            '"XOM", wieght',
            '[targets] holdings number 10 ("XOM") wieght is not a known key: the nearest is weight',
        ),
        (
            BAND,
            BAND.replace("width", "widht"),
            "[policy] rule.rules number 1 widht is not a known key: the nearest is width",
        ),
    ],
)
def test_an_unknown_key_is_refused_once_with_the_nearest_known_one(
    refusal: Refusal, old: str, new: str, expected: str
) -> None:
    # The key that is missing for it is no second problem.
    assert refusal({old: new}) == expected


def test_a_key_like_no_other_is_refused_with_all_that_are_known(refusal: Refusal) -> None:
    line = refusal({"[state]": "[state]\nzzz = 1"})
    assert line == "[state] zzz is not a known key: known are dir, journal"


def test_a_key_of_another_table_is_sent_home(refusal: Refusal) -> None:
    line = refusal({"[limits]": "[limits]\nattempts_max = 3"})
    assert line == "[limits] attempts_max is not a known key: it belongs in [execution]"
    line = refusal({'mode = "paper"': 'mode = "paper"\nsettle_s = 3'})
    assert line == "settle_s is not a known key: it belongs in [execution], below that line"


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("order_notional_max", "account currency"),
        ("order_nav_max", "fraction of net liquidation"),
        ("order_volume_max", "fraction of the average daily volume of 20 sessions"),
        ("close_move_max", "fraction of the prior close"),
        ("plan_turnover_max", "fraction of base"),
        ("quote_age_max_s", "seconds"),
        ("spread_max_bps", "basis points of the mid"),
        ("collar_max_bps", "basis points of the mid"),
        ("nav_difference_max", "fraction of base"),
    ],
)
def test_a_missing_limit_is_refused_with_its_unit_and_what_to_write(
    refusal: Refusal, key: str, unit: str
) -> None:
    line = refusal({f"{key} = ": f"# {key} = "})
    assert line.startswith(f"[limits] {key} is missing: expected a number, more than 0, at most ")
    assert f"({unit})" in line
    assert f"for example {key} = " in line
    assert "bot init proposes" in line
    assert "more problem" not in line


def test_a_missing_table_names_the_keys_it_needs_with_their_units(refusal: Refusal) -> None:
    line = refusal({"[state]\ndir": "# dir"})
    assert line == (
        "[state] is missing: write the table, with dir "
        "(a path, written in full or relative to this file, without ~)"
    )


@pytest.mark.parametrize("key", ["id", "currency", "port", "cash", "minimum_trade"])
def test_what_only_a_person_can_know_has_no_default(refusal: Refusal, key: str) -> None:
    assert f"] {key} is missing: " in refusal({f"\n{key} = ": f"\n# {key} = "})


@pytest.mark.parametrize(
    ("old", "new", "expected", "found"),
    [
        ("port = 4002", 'port = "4002"', "a whole number, at least 1, at most 65535", '"4002"'),
        ("port = 4002", "port = 4002.0", "a whole number, at least 1, at most 65535", "4002.0"),
        ("port = 4002", "port = true", "a whole number, at least 1, at most 65535", "true"),
        ("port = 4002", "port = 0", "a whole number, at least 1, at most 65535", "0"),
        ("port = 4002", "port = 1979-05-27", "a whole number", '"1979-05-27"'),
        (
            "settle_s = 2",
            "settle_s = 0.05",
            "a number, at least 0.1, at most 600 (seconds)",
            "0.05",
        ),
        ("follow_gateway_time = true", "follow_gateway_time = 1", "true or false", "1"),
        ('id = "DU1234567"', "id = 1234567", "capitals and digits", "1234567"),
        ('id = "DU1234567"', 'id = "du1234567"', "capitals and digits", '"du1234567"'),
        ('currency = "USD"', 'currency = "US$"', "three capitals of ISO 4217", '"US$"'),
        ('mode = "paper"', 'mode = "papr"', '"observe" or "paper"', '"papr"'),
        ('"halfway"', '"half"', 'one of "target", "halfway", "edge"', '"half"'),
        ("minimum_trade = 500", "minimum_trade = true", "a number, at least 0", "true"),
        ("minimum_trade = 500", "minimum_trade = inf", "a number, at least 0", "Infinity"),
        ('"every 15m"', '"every 15"', "a list of", '"every 15"'),
        ('"every 15m"', "15", "a list of", "15"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected_and_found(
    refusal: Refusal, old: str, new: str, expected: str, found: str
) -> None:
    line = refusal({old: new})
    assert f": expected {expected}" in line
    assert line.endswith(f", found {found}")


def test_a_value_that_is_no_table_is_refused(refusal: Refusal) -> None:
    line = refusal({'mode = "paper"': 'mode = "paper"\nlog = 5'})
    assert line == "[log]: expected a table, found 5"
    line = refusal({'{ symbol = "XOM", weight = 0.099 }': '"XOM"'})
    assert line == '[targets] holdings number 10: expected a table, found "XOM"'


def test_a_long_value_is_cut_short(refusal: Refusal) -> None:
    line = refusal({'"USD"': f'"{"USD" * 100}"'})
    assert line.endswith("USDUS...")
    assert len(line) < 200


def test_a_secret_is_not_repeated_in_a_refusal(refusal: Refusal, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "account__id").write_text("not-for-logs\n", encoding="utf-8")
    line = refusal(secrets_dir=folder)
    assert "(secret file account__id)" in line
    assert "not-for-logs" not in line


def test_the_first_of_several_problems_is_told_and_the_others_are_counted(refusal: Refusal) -> None:
    changes = {"port = 4002": "port = 0", "settle_s = 2": "settle_s = 0", "= 500": "= -1"}
    line = refusal(changes)
    assert line.startswith("[broker] port: ")
    assert line.endswith(" (and 2 more problems)")


WIDTHS = '{ kind = "instrument_band", width = 0.05, widths = { KO = 0.05 } }'


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        (
            "{ KO = 2 }",
            'widths "KO": expected a number, more than 0, less than 1 (fraction of base), found 2',
        ),
        ('{ KO = 0.05, "" = 0.1 }', 'widths "": expected a name, found ""'),
        ("0.05", "widths: expected a table of symbols"),
    ],
)
def test_a_name_of_ones_own_is_told_with_its_table(
    refusal: Refusal, widths: str, expected: str
) -> None:
    line = refusal({BAND: WIDTHS.replace("{ KO = 0.05 }", widths)})
    assert line.startswith(f"[policy] rule.rules number 1 {expected}")
    assert "more problem" not in line


def test_a_list_with_a_wrong_entry_is_not_also_too_short(refusal: Refusal) -> None:
    calendar = '{ kind = "calendar", every = "quarter" }'
    line = refusal({BAND: BAND.replace("0.05", "5"), calendar: calendar.replace("quarter", "moon")})
    # Both entries are wrong, and that is all.
    assert line.startswith("[policy] rule.rules number 1 width: expected a number")
    assert line.endswith("(and 1 more problem)")


def test_a_kind_that_is_called_like_a_key_is_no_key(refusal: Refusal) -> None:
    line = refusal({BAND: '{ kind = "not", not = 1, rule = { kind = "not" } }'})
    assert line.startswith("[policy] rule.rules number 1 not is not a known key")
    line = refusal({BAND: '{ kind = "not", rule = { kind = "not" } }'})
    assert line.startswith("[policy] rule.rules number 1 rule.rule is missing: expected a rule")


@pytest.mark.parametrize("written", ["[]", BAND])
def test_a_list_of_tables_is_asked_for_as_a_list(refusal: Refusal, written: str) -> None:
    line = refusal({BAND: f'{{ kind = "all_of", rules = {written} }}'})
    assert line.startswith(
        "[policy] rule.rules number 1 rules: expected a list of 1 to 16 rules, each a table with its kind, found "
    )


def test_an_entry_of_a_list_of_tables_is_asked_for_as_a_table(refusal: Refusal) -> None:
    line = refusal({'{ symbol = "AAPL", weight = 0.099 }': '"AAPL"'})
    assert line == '[targets] holdings number 1: expected a table, found "AAPL"'
