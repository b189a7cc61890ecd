"""The weights of the named profile, or a refusal with the names that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.targets.risk_profile import Profile, RiskProfile

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.targets.source import TargetState, Universe

CAREFUL = Profile("careful", {"equity": 0.2, "bond": 0.8})
BOLD = Profile("bold", {"equity": 0.9, "bond": 0.1})


@pytest.mark.parametrize(
    ("profile", "wanted", "words"),
    [
        # 0.9 is not cash; in equity 3 : 1. 0.9 x 0.2 x 3/4 = 0.135
        ("careful", [0.135, 0.045, 0.72, 0.1], "18.0 % equity, 72.0 % bond"),
        # 0.9 x 0.9 x 3/4 = 0.6075
        ("bold", [0.6075, 0.2025, 0.09, 0.1], "81.0 % equity, 9.0 % bond"),
    ],
)
def test_the_named_profile_holds(
    universe_of: Callable[..., Universe],
    state_of: Callable[..., TargetState],
    profile: str,
    wanted: list[float],
    words: str,
) -> None:
    universe = universe_of("A B C", "equity equity bond", [0.3, 0.1, None], cash=0.1)
    source = RiskProfile(profile, (CAREFUL, BOLD))
    source.check_universe(universe)
    assert source.weights(state_of(universe))[0] == pytest.approx(wanted, abs=1e-15)
    assert source.statement(state_of(universe)) == f"profile {profile}: {words}, 10.0 % cash"


def test_an_unknown_profile_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"^profile must be one of bold, careful, found 'brave'$"):
        RiskProfile("brave", (CAREFUL, BOLD))


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^profile bold stands 2 times in profiles, expected once$"
    ):
        RiskProfile("bold", (BOLD, CAREFUL, BOLD))


def test_a_profile_without_one_of_the_classes_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"^profile all must name the same classes as profile bold \(bond, equity\), found equity$",
    ):
        RiskProfile("bold", (BOLD, Profile("all", {"equity": 1.0})))


def test_weights_that_do_not_sum_to_1_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^the weights of profile odd must sum to 1 .* found 0\.9 "
    ):
        Profile("odd", {"equity": 0.9})
    with pytest.raises(ValueError, match=r"^weights of equity must be at least 0 and at most 1"):
        Profile("odd", {"equity": -0.1, "bond": 1.0})


def test_no_profile_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^profiles must have 1 to 100 entries, found 0$"):
        RiskProfile("bold", ())


def test_every_instrument_needs_a_class_of_the_profile(
    universe_of: Callable[..., Universe],
) -> None:
    source = RiskProfile("bold", (BOLD,))
    assert source.asset_classes() == {"equity", "bond"}
    assert source.reads_weights() is True
    with pytest.raises(
        ValueError, match=r"^C must have one of the asset classes bond, equity, found none$"
    ):
        source.check_universe(universe_of("A B C", "equity bond -"))
