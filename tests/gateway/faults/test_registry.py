"""The catalogue: every fault is named, described, bounded and tested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.gateway.faults.parameters import FaultError, parameters
from bot.gateway.faults.registry import FAMILIES, REGISTRY, describe, summary
from bot.gateway.faults.strikes import make_fault

HERE = Path(__file__).parent
TESTED = "\n".join(file.read_text(encoding="utf-8") for file in sorted(HERE.glob("test_*.py")))


def test_names_are_unique_and_spelled_alike() -> None:
    kinds = [kind for family in FAMILIES.values() for kind in family]
    assert len(kinds) == len(REGISTRY)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in REGISTRY)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_fault_says_what_it_does_in_one_line(name: str) -> None:
    said = summary(REGISTRY[name])
    assert said.endswith(".")
    assert 20 < len(said) <= 110


@pytest.mark.parametrize("name", REGISTRY)
def test_every_parameter_is_described_and_its_default_allowed(name: str) -> None:
    kind = REGISTRY[name]
    made = make_fault(name, {})
    described = describe(kind)
    for key, item in parameters(kind).items():
        assert item.meaning
        assert item.meaning in described[key]
        default = getattr(made, key)
        assert item.read(key, default) == default
    for key, value in vars(made).items():
        assert key.startswith("_") or key in described, (key, value)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_fault_has_a_test_named_after_it(name: str) -> None:
    assert re.search(rf"^(async )?def test_{name.replace('-', '_')}_", TESTED, re.MULTILINE)


def test_unknown_names_are_refused_with_the_nearest_one() -> None:
    with pytest.raises(FaultError, match=r"no fault 'half-opened'; did you mean 'half-open'\?"):
        make_fault("half-opened", {})
    with pytest.raises(FaultError, match="no fault 'zzz'; there are drop-connection, half-open"):
        make_fault("zzz", {})


@pytest.mark.parametrize(
    ("name", "told", "words"),
    [
        ("view-lag", {"lag": 3}, "view-lag: there is no 'lag'; did you mean 'lag_s'?"),
        ("view-lag", {"lag_s": "soon"}, "view-lag: lag_s = 'soon': expected a number from 0.001"),
        ("view-lag", {"lag_s": float("nan")}, "expected a number from 0.001 to 2419200"),
        ("view-lag", {"lag_s": True}, "expected a number"),
        ("say", {"code": 1.5}, "code = 1.5: expected a whole number from 0 to 99999"),
        ("say", {"text": 7}, "text = 7: expected a text"),
        ("drop-connection", {"side": "after"}, "expected one of now, before-accept, before-ack"),
        ("mute", {"for_s": -1}, "for_s = -1: expected a number from 0 to 2419200"),
    ],
)
def test_values_out_of_bounds_are_refused(name: str, told: dict[str, Any], words: str) -> None:
    with pytest.raises(FaultError) as refusal:
        make_fault(name, told)
    assert words in str(refusal.value)


async def test_active_faults_are_listed_until_they_end(rig: Any) -> None:
    rig.strike("view-lag", for_s=5)
    rig.strike("no-status")
    rig.strike("no-status")
    faults = rig.gateway.faults
    assert [fault.NAME for fault in faults.active()] == ["view-lag", "no-status", "no-status"]
    assert rig.end("no-status") == "no-status: ended"
    assert rig.end("no-status") == "no-status: was not on"
    rig.pass_s(5)
    await rig.raw.answers()
    assert faults.active() == ()
    with pytest.raises(FaultError, match="there is no fault 'viewlag'; did you mean 'view-lag'"):
        rig.end("viewlag")


async def test_all_faults_can_be_on_at_once_and_all_end(rig: Any) -> None:
    needs = {"liquidation": {"symbol": "AAPL"}, "corrected-execution": None, "login": None}
    symbols = ("foreign-order", "foreign-position", "split", "dividend")
    await rig.placed()
    for name in REGISTRY:
        told = {"symbol": "MSFT"} if name in symbols else needs.get(name, {})
        # What cuts connections would hide the others.
        if name not in ("drop-connection", "nightly-restart", "weekly-login", "half-open"):
            rig.strike(name, **(told or {}))
    assert len(rig.gateway.faults.active()) > 30
    rig.place(2)
    rig.subscribe()
    rig.gateway.faults.end_all()
    assert rig.gateway.faults.active() == ()
    await rig.raw.answers()
    assert rig.behaviour.quotes == "live"
    assert not rig.behaviour.hold_acks
    assert rig.behaviour.muted == set()
    rig.pass_s(60)
    await rig.raw.answers()
    assert "11" in await rig.placed(order_id=9, quantity=1)


async def test_a_calm_gateway_has_nothing_in_the_way(rig: Any) -> None:
    rig.strike("no-status", for_s=1)
    hooks = rig.gateway._venue.hooks
    assert hooks.filter is not None
    rig.pass_s(1)
    await rig.raw.answers()
    assert (hooks.gate, hooks.filter, hooks.greeter) == (None, None, None)
