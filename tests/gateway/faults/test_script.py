"""Scripts: what is read from a file, and what is struck when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway.faults.parameters import FaultError
from bot.gateway.faults.script import Strike, load, play, read

if TYPE_CHECKING:
    from pathlib import Path


#: The moment of the fixture, 10:30 in New York.
AT = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


def play_lines(rig: Any, text: str, tmp_path: Path) -> Any:
    """Play the script that some lines of TOML are."""
    file = tmp_path / "faults.toml"
    file.write_text(text, encoding="utf-8")
    return play(load(file), rig.gateway.faults)


def test_script_is_read_with_its_seed_moments_and_parameters() -> None:
    script = read(
        {
            "seed": 7,
            "fault": [
                {"name": "drop-connection", "when": "place", "nth": 2, "side": "before-ack"},
                {"name": "connectivity-lost", "after_s": 3.5, "for_s": 20},
                {"name": "view-lag", "at": datetime(2020, 6, 1, 11, 0)},  # noqa: DTZ001 New York's
                {"name": "say", "every_s": 60, "chance": 0.5, "code": 2109},
            ],
        }
    )
    assert script.seed == 7
    assert script.strikes == (
        Strike("drop-connection", {"side": "before-ack"}, event="place", nth=2),
        Strike("connectivity-lost", {"for_s": 20}, after_s=3.5),
        Strike("view-lag", {}, at=datetime(2020, 6, 1, 15, 0, tzinfo=UTC)),
        Strike("say", {"code": 2109}, every_s=60.0, chance=0.5, count=0),
    )
    assert read(script.source) == script


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = 'x'", "seed = 'x': expected a whole number"),
        ("sed = 1", "there is no 'sed'; did you mean 'seed'?"),
        ("fault = 3", "fault: expected tables, each under [[fault]]"),
        ("[[fault]]\nwhen = 'place'", "fault 1: name = None: expected the name of a fault"),
        (
            "[[fault]]\nname = 'drop-conection'\nwhen = 'place'",
            "fault 1: there is no fault 'drop-conection'; did you mean 'drop-connection'?",
        ),
        (
            "[[fault]]\nname = 'say'\nafter_s = 1\n[[fault]]\nname = 'say'\ncode = 399",
            "fault 2: say: expected one of at, after_s, every_s and when",
        ),
        (
            "[[fault]]\nname = 'say'\nwen = 'place'",
            "fault 1: say: there is no 'wen'; did you mean 'when'?",
        ),
        (
            "[[fault]]\nname = 'say'\nwhen = 'place'\nchanse = 0.5",
            "fault 1: say: there is no 'chanse'; did you mean 'chance'?",
        ),
        *(
            (
                f"[[fault]]\nname = 'say'\nnth = 2\n{when}",
                "fault 1: say: nth counts events, and is there only with when",
            )
            for when in ("after_s = 1", "every_s = 1", "at = '2020-06-01T11:00:00'")
        ),
        (
            "[[fault]]\nname = 'view-lag'\nafter_s = 1\nlags_s = 5",
            "fault 1: view-lag: there is no 'lags_s'; did you mean 'lag_s'?",
        ),
        (
            "[[fault]]\nname = 'view-lag'\nafter_s = 1\nlag_s = 0",
            "fault 1: view-lag: lag_s = 0: expected a number from 0.001 to 2419200",
        ),
        (
            "[[fault]]\nname = 'view-lag'\nwhen = 'placed'",
            "when = 'placed': expected one of place, cancel, connect, request, fill",
        ),
        ("[[fault]]\nname = 'view-lag'\nat = 'noon'", "at = 'noon': expected a moment such as"),
        (
            "[[fault]]\nname = 'view-lag'\nwhen = 'place'\nchance = 2",
            "chance = 2: expected a number",
        ),
        ("[[fault", "no TOML"),
    ],
)
def test_what_there_is_not_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FaultError) as refusal:
        load(file)
    assert words in str(refusal.value)
    assert str(refusal.value).startswith(f"{file}: ")
    assert "\n" not in str(refusal.value)


def test_a_missing_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="No such file"):
        load(tmp_path / "none.toml")


def test_a_script_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_bytes(b"#" * ((4 << 20) + 1))
    with pytest.raises(FaultError) as refusal:
        load(file)
    assert str(refusal.value) == f"{file}: more than 4 MiB"


async def test_nth_order_is_the_one(rig: Any, tmp_path: Path) -> None:
    lines = "[[fault]]\nname = 'lost-order'\nwhen = 'place'\nnth = 2\n"
    running = play_lines(rig, lines, tmp_path)
    for order_id in (1, 2, 3):
        rig.place(order_id)
    rig.place(4, whatIf=True)
    await rig.raw.answers()
    assert [order.ticket.order_id for order in rig.gateway.orders] == [1, 3]
    assert list(running.said) == ["lost-order: waits for the next order"]


async def test_requests_of_a_kind_cancels_and_connections_are_events(
    rig: Any, dial: Any, tmp_path: Path
) -> None:
    lines = """
        [[fault]]
        name = "positions-empty"
        when = "request"
        request = 61
        nth = 2
        [[fault]]
        name = "cancel-rejected"
        when = "cancel"
        [[fault]]
        name = "client-id-in-use"
        when = "connect"
        client = 5
    """
    play_lines(rig, lines, tmp_path)
    rig.raw.send(61, 1)
    assert len(await rig.raw.answers()) == 11
    rig.raw.send(61, 1)
    assert len(await rig.raw.answers()) == 1
    rig.cancel()
    assert rig.codes(await rig.raw.answers()) == [("1", "10148")]
    other = await dial(rig.port)
    await other.greet()
    other.send(71, 2, 5, "")
    assert (await other.receive())[3] == "326"


async def test_fills_are_events_that_strike_after_them(rig: Any, tmp_path: Path) -> None:
    lines = "[[fault]]\nname = 'say'\nwhen = 'fill'\ncode = 2109\nid = 1\n"
    play_lines(rig, lines, tmp_path)
    assert await rig.placed() == ["5", "3", "11", "5", "3", "5", "59", "4"]
    assert "4" not in await rig.placed(order_id=2)


async def test_moments_and_periods_strike_in_their_time(rig: Any, tmp_path: Path) -> None:
    lines = """
        [[fault]]
        name = "say"
        code = 2109
        at = 2020-06-01T10:30:05
        [[fault]]
        name = "say"
        code = 399
        after_s = 3
        [[fault]]
        name = "say"
        code = 404
        every_s = 2
        count = 2
    """
    play_lines(rig, lines, tmp_path)
    rig.pass_s(60)
    assert [code for _, code in rig.codes(await rig.raw.answers())] == ["404", "399", "404", "2109"]


async def test_a_fault_that_lasts_ends_at_a_moment(rig: Any, tmp_path: Path) -> None:
    lines = "[[fault]]\nname = 'no-status'\nafter_s = 1\nuntil = 2020-06-01T10:30:04\n"
    play_lines(rig, lines, tmp_path)
    for second, is_on in ((1, True), (3.999, True), (4, False)):
        rig.clock.moment = AT + timedelta(seconds=second)
        await rig.raw.answers()
        assert bool(rig.gateway.faults.active()) is is_on
    with pytest.raises(FaultError, match="say: there is no 'for_s'"):
        read({"fault": [{"name": "say", "after_s": 1, "until": "2020-06-01"}]})


async def test_chance_is_the_same_for_the_same_seed(
    rig: Any, start_gateway: Any, hand_clock: Any, dial: Any, tmp_path: Path
) -> None:
    lines = "seed = {}\n[[fault]]\nname = 'lost-order'\nwhen = 'place'\nchance = 0.5\n"
    lost = []
    for seed in (1, 1, 2):
        running = await start_gateway(clock=hand_clock(rig.clock.moment))
        rig.gateway, rig.raw = running.gateway, await dial(running.port)
        await rig.raw.start(client_id=77)
        play_lines(rig, lines.format(seed), tmp_path)
        for order_id in range(1, 21):
            rig.place(order_id, quantity=1)
        await rig.raw.answers()
        taken = {order.ticket.order_id for order in rig.gateway.orders}
        lost.append(sorted(set(range(1, 21)) - taken))
    assert lost[0] == lost[1] != lost[2]
    assert 0 < len(lost[0]) < 20


async def test_what_cannot_be_struck_is_said_and_counted(rig: Any, tmp_path: Path) -> None:
    told: list[str] = []
    rig.gateway.complain = told.append
    lines = "[[fault]]\nname = 'liquidation'\nevery_s = 1\nsymbol = 'PFE'\n"
    running = play_lines(rig, lines, tmp_path)
    for failed in (1, 2):
        rig.pass_s(1)
        assert await rig.raw.answers() == []
        assert running.failed == failed
        assert running.said[-1] == "liquidation: not struck: liquidation: no PFE is held"
    # One in ten times as many, so that no line comes every second.
    rig.pass_s(18)
    assert await rig.raw.answers() == []
    assert running.failed == 20
    assert told == [
        "a fault of the script was not struck: liquidation: no PFE is held",
        "a fault of the script was not struck 10 times: liquidation: no PFE is held",
    ]


async def test_another_script_takes_the_place_of_the_first(rig: Any, tmp_path: Path) -> None:
    for code in (399, 404):
        said = f"[[fault]]\nname = 'say'\ncode = {code}\n"
        whens = ("when = 'fill'\ncount = 0", "every_s = 2", "when = 'place'\ncount = 0")
        play_lines(rig, "\n".join(said + when for when in whens), tmp_path)
    rig.place()
    assert [code for _, code in rig.codes(await rig.raw.answers())] == ["404", "404"]
    rig.pass_s(2)
    assert [code for _, code in rig.codes(await rig.raw.answers())] == ["404"]
    rig.gateway.faults.stop_script()
    rig.place(2)
    rig.pass_s(60)
    assert rig.codes(await rig.raw.answers()) == []
