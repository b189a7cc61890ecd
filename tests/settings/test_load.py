from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from bot.errors import ConfigError
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from tests.settings.conftest import Load, Refusal


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    return line


def test_defaults_stand_in_for_what_is_left_out(load: Load) -> None:
    settings = load()
    assert settings.broker.tool_client_id == 18
    assert settings.execution.order_timeout_s == 60
    assert settings.planner.reserved_cash == Decimal(0)
    assert settings.log.level == "INFO"


def test_a_mode_that_is_left_out_is_observe(load: Load) -> None:
    changes = {'mode = "paper"  # orders are sent, to a paper account only': ""}
    assert load(changes).mode == "observe"


def test_money_is_exact(load: Load) -> None:
    settings = load({"minimum_trade = 500": "minimum_trade = 500\nreserved_cash = 0.1"})
    assert settings.planner.reserved_cash == Decimal("0.1")


def test_money_that_means_the_same_is_the_same_digest(load: Load) -> None:
    texts = ["500", "500.0", "5e2"]
    digests = {
        load({"minimum_trade = 500": f"minimum_trade = 500\nreserved_cash = {text}"}).digest
        for text in texts
    }
    assert len(digests) == 1


@pytest.mark.parametrize("text", ["nan", "inf", "-0.01", '"12"', "true", "1e13"])
def test_money_that_is_no_amount_is_refused(refusal: Refusal, text: str) -> None:
    line = refusal({"minimum_trade = 500": f"minimum_trade = 500\nreserved_cash = {text}"})
    assert line.startswith("[planner] reserved_cash: expected a number, at least 0")


def test_settings_cannot_be_changed(load: Load) -> None:
    settings = load()
    with pytest.raises(ValidationError):
        settings.mode = "observe"
    with pytest.raises(ValidationError):
        settings.limits.order_notional_max = 1e9


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    assert "found none" in refused(tmp_path / "absent.toml")


def test_a_folder_is_one_line(tmp_path: Path) -> None:
    assert "found a folder" in refused(tmp_path)


def test_what_is_no_regular_file_is_one_line() -> None:
    assert "no regular file" in refused(Path(os.devnull))


def test_what_is_no_toml_is_told_with_line_and_column(refusal: Refusal) -> None:
    # The mode stands in line 10, its value from column 8 on.
    line = refusal({'mode = "paper"': "mode = paper"})
    assert line.startswith("expected TOML, found: ")
    assert "line 10, column 8" in line


def test_a_byte_order_mark_is_told(tmp_path: Path) -> None:
    path = tmp_path / "from-windows.toml"
    path.write_text('mode = "paper"\n', encoding="utf-8-sig")
    assert "found: a byte order mark before the first line; save it as UTF-8 without" in refused(
        path
    )


def test_a_file_that_ends_too_early_is_told_with_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "cut.toml"
    path.write_text('mode = "paper"\n[account', encoding="utf-8")
    # Nine characters into its second line comes the end.
    assert "line 2, column 9" in refused(path)


def test_what_is_no_text_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"mode = '\xff'")
    assert "byte 9" in refused(path)


def test_what_is_nested_beyond_reading_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("a = " + "[" * 100_000, encoding="utf-8")
    assert "nested too deeply" in refused(path)


def test_what_fails_to_be_read_is_one_line() -> None:
    # The kernel answers a read of the first byte with an error, for any user.
    assert "readable" in refused(Path("/proc/self/mem"))


def test_an_empty_file_names_the_first_missing_table_and_counts_the_others(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.touch()
    # Missing besides account: broker, state, targets, policy, planner, limits.
    line = refused(path)
    assert "[account] is missing" in line
    assert line.endswith("(and 6 more problems)")


def test_a_line_break_in_a_value_does_not_break_the_line(refusal: Refusal) -> None:
    assert "found" in refusal({'"DU1234567"': '"DU1\\n234567"'})


def test_the_state_folder_is_relative_to_the_file(load: Load, file: Path) -> None:
    assert load().state.dir == file.parent.parent / "state" / "paper"


def test_the_state_folder_does_not_depend_on_the_way_to_the_file(load: Load, file: Path) -> None:
    straight = load().state.dir
    other = file.parent.parent / "another" / "depth"
    other.mkdir(parents=True)
    link = other / "link.toml"
    link.symlink_to(file)
    crooked = file.parent / ".." / "config" / file.name
    assert load_settings(link, {}).state.dir == straight
    assert load_settings(crooked, {}).state.dir == straight
    assert load_settings(os.path.relpath(file), {}).state.dir == straight


def test_an_absolute_state_folder_stays(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    assert load({"../state/paper": str(folder)}).state.dir == folder


@pytest.mark.parametrize("folder", ["~/bot", ""])
def test_a_state_folder_that_means_another_place_to_another_user_is_refused(
    refusal: Refusal, folder: str
) -> None:
    assert refusal({"../state/paper": folder}).startswith("[state] dir: expected a path without ~")


def test_settings_made_by_hand_need_an_absolute_state_folder(load: Load) -> None:
    values = {**load().effective(), "state": {"dir": "here"}}
    with pytest.raises(ValidationError, match="absolute"):
        Settings(**values)


def test_the_effective_settings_make_the_same_settings(load: Load) -> None:
    settings = load()
    values = settings.effective()
    values["planner"]["reserved_cash"] = float(values["planner"]["reserved_cash"])
    again = Settings(**values)
    assert again == settings
    assert again.digest == settings.digest


def test_the_digest_is_that_of_the_meaning_and_not_of_the_writing(load: Load) -> None:
    plain = load().digest
    assert len(plain) == 64
    assert (
        load({"minimum_trade = 500": "minimum_trade = 500.0  # written otherwise"}).digest == plain
    )
    assert load({"[execution]": "[execution]\nlimit_offset_bps = 5"}).digest == plain


def test_another_value_is_another_digest(load: Load) -> None:
    assert load({"minimum_trade = 500": "minimum_trade = 501"}).digest != load().digest


@pytest.mark.parametrize("name", ["_env_file", "_secrets_dir", "_"])
def test_an_option_of_the_library_is_no_key(refusal: Refusal, name: str) -> None:
    line = refusal({'mode = "paper"': f'mode = "paper"\n{name} = "x"'})
    assert line.startswith(f"{name} is not a known key")


def test_the_process_environment_counts_unless_another_is_given(
    load: Load, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    monkeypatch.setenv("BOT_BROKER__CLIENT_ID", "21")
    assert load_settings(file).broker.client_id == 21
    assert load_settings(file, {}).broker.client_id == 17


def test_rules_inside_rules_are_read_to_a_depth_that_a_person_can_follow(
    load: Load, refusal: Refusal
) -> None:
    band = '{ kind = "absolute_band", width = 0.05 }'

    def deep(count: int) -> dict[str, str]:
        # In the file it is itself inside any_of: 14 more and the band are 16 tables inside each other.
        return {band: '{ kind = "not", rule = ' * count + band + " }" * count}

    assert load({**deep(14), '"halfway"': '"target"'})
    for count in (15, 60):
        assert refusal(deep(count)) == (
            "[policy] rule: expected at most 16 tables inside each other, found more; write it with fewer any_of, "
            "all_of, not and the like"
        )


def test_a_source_inside_too_many_others_is_refused(refusal: Refusal) -> None:
    source = '{ kind = "exclusions", exclude = ["GE"], source = ' * 16 + '{ kind = "static" }'
    line = refusal({"holdings = [": f"source = {source}{' }' * 16}\nholdings = ["})
    assert line.startswith(
        "[targets] source: expected at most 16 tables inside each other, found more"
    )
