"""All tables of the settings side by side, each checked for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from typing_extensions import override

from bot.settings.account import Account, Broker, State
from bot.settings.alerting import Alerts
from bot.settings.keys import Key
from bot.settings.limits import Limits
from bot.settings.made import Costs
from bot.settings.rules import Policy
from bot.settings.running import Log, Schedule
from bot.settings.switching import Switch
from bot.settings.targets import Targets
from bot.settings.trading import Execution, Planner

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource


class Tables(BaseSettings):
    """Every key that a person decides; `Settings` adds the rules between tables."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, env_prefix="BOT_"
    )

    mode: Annotated[
        Literal["observe", "paper", "live"],
        # An editor should not offer what is refused.
        WithJsonSchema({"enum": ["observe", "paper"], "type": "string"}),
        Key(
            meaning="observe decides and explains and sends nothing; paper trades a paper account.",
            allowed='"observe" or "paper"; "live" is refused until the evidence for it can be checked',
            wrong="With paper the bot sends orders; with observe it never does.",
        ),
    ] = "observe"
    account: Annotated[Account, Key(meaning="Whose account.", wrong="See its keys.")]
    broker: Annotated[Broker, Key(meaning="Which gateway.", wrong="See its keys.")]
    state: Annotated[State, Key(meaning="Where its memory is.", wrong="See its keys.")]
    targets: Annotated[Targets, Key(meaning="What to hold.", wrong="See its keys.")]
    policy: Annotated[Policy, Key(meaning="When to trade, and how far.", wrong="See its keys.")]
    planner: Annotated[Planner, Key(meaning="How weights become shares.", wrong="See its keys.")]
    costs: Annotated[Costs, Key(meaning="What trades cost.", wrong="See its keys.")] = Costs()
    limits: Annotated[Limits, Key(meaning="What nothing may exceed.", wrong="See its keys.")]
    execution: Annotated[
        Execution, Key(meaning="How orders are worked.", wrong="See its keys.")
    ] = Execution()
    schedule: Annotated[Schedule, Key(meaning="When to look.", wrong="See its keys.")] = Schedule()
    switch: Annotated[
        Switch, Key(meaning="How long trading is allowed.", wrong="See its keys.")
    ] = Switch()
    alerts: Annotated[Alerts, Key(meaning="Who is told.", wrong="See its keys.")] = Alerts()
    log: Annotated[Log, Key(meaning="What is written meanwhile.", wrong="See its keys.")] = Log()

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing implicitly: `load_settings` merges the sources, where it can refuse an unknown name."""
        return (init_settings,)

    @field_validator("mode", mode="after")
    @classmethod
    def _is_not_live(cls, mode: str) -> str:
        # A field's rule, so that it is the first line even where other keys are wrong too.
        if mode == "live":
            kind = "inconsistent"
            message = (
                '"live" is refused until the written evidence for it can be checked: expected "observe" or "paper"; '
                'write mode = "observe"'
            )
            raise PydanticCustomError(kind, message)
        return mode
