"""`bot kill`: for a bot that is frozen. It stops the process, cancels its orders, and looks that none is left.

Rule: what stops comes first and needs least. The sentinel and the signal need the state folder alone, and go before
anything slow is loaded; then the broker; and the exit code is 0 only if the broker's own list says that nothing of ours
is left. Why: whoever types this has a process that does not answer, and perhaps a full disk and a damaged journal.
It never sells or buys.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from bot.adapters.process import kill_holder
from bot.adapters.switch import FileSwitch
from bot.cli.folder import likely_sentinel, plain_broker, raw_settings, state_folder
from bot.cli.options import AsJson, Config, Reason, config_path, settings_of
from bot.errors import BotError, ConfigError, HaltRequired

if TYPE_CHECKING:
    from bot.adapters.ib.settings import IbSettings
    from bot.adapters.ib.takeover import Takeover

LOCK_FILE = "lock"
JOURNAL_FILE = "journal.sqlite"


def kill(
    *,
    cancel_everything: Annotated[
        bool,
        Parameter(
            negative="",
            help="Cancel every order of the login, also yours and other programs'. The last step, never a default.",
        ),
    ] = False,
    reason: Reason = "bot kill",
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Stop a bot that does not answer: halt, kill its process, cancel its orders one by one, verify. Sells nothing.

    For one that answers `bot halt` is enough.
    """
    path = config_path(config)
    try:
        folder = state_folder(path)
    except (OSError, ValueError, KeyError, TypeError):
        return _without_folder(path, as_json=json)
    halted = _halt(folder, reason)
    stopped = kill_holder(folder / LOCK_FILE)
    # From here on nothing sends any more; what follows takes longer to load than all of the above takes.
    import asyncio  # noqa: PLC0415

    from bot.cli.kill_report import answer  # noqa: PLC0415

    took_over, error = None, None
    try:
        took_over = asyncio.run(_take_over(path, config, folder, everything=cancel_everything))
    except BotError as failure:
        error = failure
    return answer(json, halted, stopped, took_over, error)


def _halt(folder: Path, reason: str) -> tuple[bool, str]:
    """Halt first, for a service manager starts a killed bot anew; return whether it holds, and the words."""
    switch = FileSwitch(folder)
    try:
        switch.halt(reason)
    except HaltRequired as error:
        return switch.arming() is None, str(error)
    return True, switch.reason()


async def _take_over(path: Path, named: Path | None, folder: Path, *, everything: bool) -> Takeover:
    from bot.adapters.clock import WallClock  # noqa: PLC0415 - slow, see the top
    from bot.adapters.ib.takeover import take_over  # noqa: PLC0415

    broker_settings, tool_client_id = _broker_settings(path, named, folder)
    return await take_over(
        broker_settings, WallClock(), tool_client_id=tool_client_id, everything=everything
    )


def _broker_settings(path: Path, named: Path | None, folder: Path) -> tuple[IbSettings, int]:
    """Return whom to ask and as whom, and the tools' client id.

    Raises:
        ConfigError: If neither the file nor the settings are any help.
    """
    from bot.adapters.ib.settings import IbSettings  # noqa: PLC0415 - slow, see the top
    from bot.adapters.journal_name import journal_name  # noqa: PLC0415

    broker = plain_broker(path) or _loaded_broker(path, named)
    tool_client_id, account = broker.pop("tool_client_id"), broker["account"]
    name = journal_name(folder / JOURNAL_FILE)
    whom = IbSettings(
        **broker,
        # The account alone decides here: whatever the bot may send, nothing of it is sent any more.
        mode="paper" if account.upper().startswith("D") else "live",
        own_prefix="" if name is None else f"{name}-",
    )
    return whom, tool_client_id


def _loaded_broker(path: Path, named: Path | None) -> dict[str, Any]:
    """Return what the settings say, also where tables other than [broker] and [account] have become invalid."""
    from bot.settings.account import Broker  # noqa: PLC0415 - slow, see the top

    try:
        settings = settings_of(named)
        broker, account = settings.broker, settings.account.id
    except ConfigError:
        try:
            raw = raw_settings(path)
            broker, account = Broker(**raw.get("broker", {})), str(raw["account"]["id"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{path}: [broker] and [account] id cannot be used ({error}); cancel the orders in TWS"
            raise ConfigError(message) from error
    keys = ("host", "port", "client_id", "tool_client_id", "library")
    return {"account": account} | {key: getattr(broker, key) for key in keys}


def _without_folder(path: Path, *, as_json: bool) -> int:
    from bot.cli.voice import Voice  # noqa: PLC0415 - slow, see the top

    voice = Voice(as_json)
    voice.code = ConfigError.exit_code
    why = f"{path} does not say where the state folder is; touch {likely_sentinel(path)} and kill the process by hand"
    facts: dict[str, Any] = {
        "verified": False,
        "error": why,
        "kind": "ConfigError",
        "runbook": "kill",
    }
    voice.fail(f"NOT KILLED: {why} (see runbooks/kill.md)", facts)
    return voice.code
