"""Weights of asset classes by a named profile, such as cautious, balanced and bold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping  # noqa: TC003 - the settings read the fields' types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from bot.core.domain.parameter import check_parameters, parameter
from bot.core.targets.classes import (
    check_classes,
    check_same_classes,
    check_sum,
    class_targets,
    in_words,
)
from bot.core.targets.source import TargetSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.targets.source import TargetState, Universe


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile and the weights of its classes."""

    name: str = field(
        metadata=parameter(
            "The profile's name.",
            wrong="A name that stands twice is refused.",
            example='"balanced"',
        )
    )
    weights: Mapping[str, float] = field(
        metadata=parameter(
            "The weight of each asset class; all of them sum to 1.",
            unit="fraction of what is not cash",
            wrong="Too much in one class: more risk than the profile's name says.",
            example="{ equity = 0.6, bond = 0.4 }",
            at_least=0,
            at_most=1,
        )
    )

    def __post_init__(self) -> None:
        """Refuse weights that are out of range or do not sum to 1."""
        check_parameters(self)
        check_sum(f"profile {self.name}", self.weights)


@dataclass(frozen=True, slots=True)
class RiskProfile(TargetSource):
    """The weights of asset classes in one of several named profiles; inside a class as written."""

    kind: ClassVar[str] = "risk_profile"

    profile: str = field(
        metadata=parameter(
            "The name of the profile that holds.",
            wrong="Another profile is another account: the next rebalance moves everything to it.",
            example='"balanced"',
        )
    )
    profiles: tuple[Profile, ...] = field(
        metadata=parameter(
            "The profiles, each with the weights of the same asset classes.",
            allowed="a list of tables with name and weights, at least one",
            wrong="A profile without one of the classes is refused: 0 must be written.",
            example='[{ name = "balanced", weights = { equity = 0.6, bond = 0.4 } }]',
            count_max=100,
        )
    )

    @override
    def check(self) -> None:
        names = Counter(profile.name for profile in self.profiles)
        for name, count in names.items():
            if count > 1:
                message = f"profile {name} stands {count} times in profiles, expected once"
                raise ValueError(message)
        check_same_classes({f"profile {each.name}": each.weights for each in self.profiles})
        if self.profile not in names:
            message = f"profile must be one of {', '.join(sorted(names))}, found {self.profile!r}"
            raise ValueError(message)

    def _chosen(self) -> Mapping[str, float]:
        return next(each.weights for each in self.profiles if each.name == self.profile)

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        return class_targets(state.universe, self._chosen())

    @override
    def statement(self, state: TargetState) -> str:
        return f"profile {self.profile}: {in_words(state.universe, self._chosen())}"

    @override
    def check_instruments(self, universe: Universe) -> None:
        check_classes(universe, self.asset_classes())

    @override
    def asset_classes(self) -> frozenset[str]:
        return frozenset(self._chosen())

    @override
    def reads_weights(self) -> bool:
        return True
