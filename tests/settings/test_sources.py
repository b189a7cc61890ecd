"""The environment and secret files go before the file, and no name of ours is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import ConfigError
from bot.settings.keys import tables
from bot.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.settings.conftest import Load, Refusal


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


def test_the_environment_goes_before_the_file(load: Load) -> None:
    settings = load(
        environ={
            "BOT_MODE": "observe",
            "BOT_BROKER__PORT": "7497",
            "BOT_BROKER__FOLLOW_GATEWAY_TIME": "false",
            "BOT_LIMITS__NAV_DIFFERENCE_MAX": "0.02",
            "BOT_STATE__DIR": "elsewhere",
            "BOT_SCHEDULE__LOOKS": '["open+5m"]',
            "BOT_POLICY__DESTINATION": "target",
            "BOT_POLICY__RULE": '{ kind = "calendar", every = "month" }',
        }
    )
    assert settings.mode == "observe"
    assert settings.broker.port == 7497
    assert settings.broker.client_id == 17
    assert settings.broker.follow_gateway_time is False
    assert settings.limits.nav_difference_max == pytest.approx(0.02)
    assert settings.state.dir.is_absolute()
    assert settings.schedule.looks == ("open+5m",)
    assert settings.policy.rule.kind == "calendar"


def test_a_table_that_the_file_leaves_out_can_come_from_the_environment(load: Load) -> None:
    assert load(environ={"BOT_LOG__LEVEL": "DEBUG"}).log.level == "DEBUG"


def test_text_in_the_environment_needs_no_quotes_and_numbers_stay_text(load: Load) -> None:
    settings = load(environ={"BOT_BROKER__HOST": "127.0.0.2", "BOT_ACCOUNT__ID": "DU7654321"})
    assert settings.broker.host == "127.0.0.2"
    assert settings.account.id == "DU7654321"


def test_names_count_in_any_case(load: Load) -> None:
    assert load(environ={"bot_broker__client_id": "21"}).broker.client_id == 21


def test_foreign_variables_are_not_looked_at(load: Load) -> None:
    assert load(environ={"PORT": "1", "BOTANY": "x", "MY_BOT_MODE": "live"}).mode == "paper"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("BOT_BROKER__PROT", "BOT_BROKER__PORT"),
        ("BOT_BROKR__PORT", "BOT_BROKER__PORT"),
        ("BOT_MOED", "BOT_MODE"),
        ("BOT_BROKER_PORT", "BOT_BROKER__PORT"),
        ("bot_broker__prot", "BOT_BROKER__PORT"),
        ("BOT_POLICY__RULE__KIND", "BOT_POLICY__RULE"),
    ],
)
def test_a_variable_that_matches_no_key_is_refused(
    refusal: Refusal, name: str, nearest: str
) -> None:
    line = refusal(environ={name: "4002"})
    assert line == f"environment variable {name} is not a known key: the nearest is {nearest}"


def test_a_whole_table_is_no_variable(refusal: Refusal) -> None:
    assert "BOT_BROKER is not a known key" in refusal(environ={"BOT_BROKER": "{ port = 1 }"})


@pytest.mark.parametrize("text", ["x", "", "1\nport = 4002", "0x", "4002 # no\n[limits]"])
def test_a_variable_that_is_no_such_value_is_refused_by_its_name(
    refusal: Refusal, text: str
) -> None:
    line = refusal(environ={"BOT_BROKER__PORT": text})
    assert line.startswith(
        "[broker] port (environment variable BOT_BROKER__PORT): expected a whole"
    )


def test_a_variable_obeys_the_rules_of_the_file(refusal: Refusal) -> None:
    assert refusal(environ={"BOT_MODE": "live"}).startswith(
        "mode (environment variable BOT_MODE): "
    )
    line = refusal(environ={"BOT_EXECUTION__LIMIT_OFFSET_BPS": "100"})
    assert line.startswith("[execution] limit_offset_bps: expected less than")


def test_a_table_that_the_file_gives_as_something_else_stays_refused(refusal: Refusal) -> None:
    changes = {'mode = "paper"': 'mode = "paper"\nlog = 5'}
    line = refusal(changes, {"BOT_LOG__LEVEL": "DEBUG"})
    assert line == "[log]: expected a table, found 5"


def test_secret_files_go_before_the_file_and_the_environment_before_them(
    load: Load, secrets: Path
) -> None:
    (secrets / "account__id").write_text("DU7654321\n", encoding="utf-8")
    (secrets / "broker__client_id").write_text("19\n", encoding="utf-8")
    settings = load(environ={"BOT_BROKER__CLIENT_ID": "21"}, secrets_dir=secrets)
    assert settings.account.id == "DU7654321"
    assert settings.broker.client_id == 21


def test_the_credentials_directory_of_systemd_is_found(load: Load, secrets: Path) -> None:
    (secrets / "account__id").write_text("DU7654321", encoding="utf-8")
    assert load(environ={"CREDENTIALS_DIRECTORY": str(secrets)}).account.id == "DU7654321"


def test_a_secret_file_that_matches_no_key_is_refused(refusal: Refusal, secrets: Path) -> None:
    (secrets / "acount__id").write_text("DU7654321", encoding="utf-8")
    line = refusal(secrets_dir=secrets)
    assert line == "secret file acount__id is not a known key: the nearest is account__id"


def test_hidden_files_beside_secrets_are_not_looked_at(load: Load, secrets: Path) -> None:
    (secrets / ".keep").touch()
    assert load(secrets_dir=secrets).mode == "paper"


def test_a_secrets_directory_that_is_not_there_is_refused(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"secrets directory .*/absent: expected a folder"):
        load(secrets_dir=tmp_path / "absent")


def test_a_secret_that_is_no_text_is_refused(load: Load, secrets: Path) -> None:
    (secrets / "account__id").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="readable text files"):
        load(secrets_dir=secrets)


def test_every_key_can_be_given_by_the_environment(load: Load) -> None:
    values = load().effective()
    for table, model in tables(Settings):
        for key, field in model.model_fields.items():
            value = values[table][key]
            # TOML has no null: what is left out in the file is left out here.
            if isinstance(value, list | dict) or value is None or field.annotation is None:
                continue
            text = str(value).lower() if isinstance(value, bool) else str(value)
            text = text.removesuffix(".0")
            settings = load(environ={f"BOT_{table}__{key}".upper(): text})
            assert settings.effective() == values, f"{table}.{key}"


def test_a_rule_and_a_source_can_be_given_by_the_environment_as_a_whole(load: Load) -> None:
    settings = load(
        {", weight = 0.099": ""},
        environ={
            "BOT_TARGETS__SOURCE": '{ kind = "current" }',
            "BOT_POLICY__RULE": '{ kind = "not", rule = { kind = "calendar", every = "day" } }',
            "BOT_POLICY__DESTINATION": "fraction",
            "BOT_POLICY__DESTINATION_AMOUNT": "0.25",
            "BOT_COSTS__COMMISSION": "tiered",
            "BOT_PLANNER__ACCOUNT_TYPE": "cash",
        },
    )
    assert settings.targets.source.model_dump() == {"kind": "current"}
    assert settings.policy.rule.model_dump()["rule"]["every"] == "day"
    assert settings.policy.destination_amount == pytest.approx(0.25)
    assert settings.costs.model_dump()["commission"] == "tiered"
    assert settings.planner.account_type == "cash"


def test_a_wrong_rule_in_the_environment_is_told_with_the_variable(refusal: Refusal) -> None:
    line = refusal(environ={"BOT_POLICY__RULE": '{ kind = "absolute_band", width = 5 }'})
    assert line.startswith(
        "[policy] rule.width (environment variable BOT_POLICY__RULE): expected a number, more than 0"
    )


def test_a_variable_that_is_no_toml_is_refused_with_what_to_write(refusal: Refusal) -> None:
    line = refusal({}, {"BOT_POLICY__RULE": '{"kind": "absolute_band", "width": 0.05}'})
    assert line.endswith(
        '; write it as in the file, for example { kind = "absolute_band", width = 0.05 }'
    )
    line = refusal({}, {"BOT_PLANNER__MINIMUM_TRADE": "1,000"})
    assert line.endswith('found "1,000"; write it as in the file, for example 500')
    # A number that is TOML, and a word that needs no quotes, need no such advice.
    for name, text in (("BOT_PLANNER__MINIMUM_TRADE", "-5"), ("BOT_POLICY__DESTINATION", "half")):
        assert "as in the file" not in refusal({}, {name: text})
