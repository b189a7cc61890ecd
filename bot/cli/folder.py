"""The state folder and the broker of a configuration that need not be valid: what stops a bot must not wait for that.

Nothing here loads the settings' models: they take longer than it takes to stop a process.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from bot.adapters.switch import SENTINEL

#: The name of the state folder as an environment variable and as a systemd credential.
VARIABLE = "BOT_STATE__DIR"
SECRET_NAME = "state__dir"  # noqa: S105 - a name
#: Where systemd puts credentials.
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
#: What [broker] says where the file does not; a test compares them with the settings' own.
BROKER_DEFAULTS: dict[str, Any] = {
    "host": "127.0.0.1",
    "client_id": 17,
    "tool_client_id": 18,
    "library": "ib_insync",
}
#: Finds the state folder in a file that is no TOML (any more), to name it only.
STATE_DIR_LINE = re.compile(
    r"^\s*\[state\][^\[]*?^\s*dir\s*=\s*[\"']([^\"'\n]+)[\"']", re.MULTILINE
)


def state_folder(path: Path) -> Path:
    """Return the state folder as environment, credentials or file say, the first of them that does; absolute.

    Raises:
        OSError, ValueError, KeyError, TypeError: If none of them says it in a way that can be used.
    """
    folder = _named_outside()
    if folder is None:
        folder = raw_settings(path)["state"]["dir"]
    if not isinstance(folder, str) or not folder or folder.startswith("~"):
        message = f"no folder: {folder}"
        raise ValueError(message)
    return (path.resolve().parent / folder).resolve()


def raw_settings(path: Path) -> dict[str, Any]:
    """Return what the file says, unchecked.

    Raises:
        OSError, ValueError: If it cannot be read, or is no TOML.
    """
    return tomllib.loads(path.read_text(encoding="utf-8"))


def plain_broker(path: Path) -> dict[str, Any] | None:
    """Return account, host, port, ids and library where the file alone says them, or None where only a load can tell.

    A load of the settings takes longer than all else that `bot kill` does before its first cancel.
    """
    outside = any(name.upper().startswith(("BOT_BROKER__", "BOT_ACCOUNT__")) for name in os.environ)
    if outside or CREDENTIALS_VARIABLE in os.environ:
        return None
    try:
        raw = raw_settings(path)
        found = BROKER_DEFAULTS | {"account": raw["account"]["id"], "port": raw["broker"]["port"]}
        found |= {key: raw["broker"][key] for key in BROKER_DEFAULTS if key in raw["broker"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    kinds = {key: type(value) for key, value in BROKER_DEFAULTS.items()} | {
        "account": str,
        "port": int,
    }
    return found if all(type(found[key]) is kind for key, kind in kinds.items()) else None


def likely_sentinel(path: Path) -> str:
    """Return the file to touch, as far as a broken configuration still tells."""
    try:
        found = STATE_DIR_LINE.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    if found is None or found[1].startswith("~"):
        return f"FOLDER/{SENTINEL}, FOLDER being [state] dir of the configuration that the bot runs with"
    return f"{(path.resolve().parent / found[1]).resolve() / SENTINEL}"


def _named_outside() -> str | None:
    for name, text in os.environ.items():
        if name.upper() == VARIABLE:
            return text
    credentials = os.environ.get(CREDENTIALS_VARIABLE)
    if not credentials:
        return None
    for file in Path(credentials).iterdir():
        if file.name.lower() == SECRET_NAME:
            return file.read_text(encoding="utf-8").strip()
    return None
