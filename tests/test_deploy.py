"""What is installed on servers fits the program: its command, its exit codes, its settings, and the walls around it.

The lock has no YAML parser, so the compose file is read as text.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from bot.cli.main import app
from bot.cli.run import run
from bot.errors import ConfigError, Stopped
from bot.live.daemon import STOP_WITHIN_S, SWITCH_POLL_S
from bot.settings.model import Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def settings_of(unit: str) -> dict[str, list[str]]:
    """Return each key of a unit with its values in their order: systemd adds some up."""
    found: dict[str, list[str]] = {}
    for line in unit.splitlines():
        if line and line[0] not in "#;[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


UNIT = settings_of(read("bot.service"))


def test_the_unit_starts_a_command_that_is_there() -> None:
    program, *words = shlex.split(UNIT["ExecStart"][0])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert Path(program).name in project["scripts"]
    command, bound, _ = app.parse_args(words, exit_on_error=False)
    assert command is run
    assert bound.arguments == {"config": Path("/etc/bot/bot.toml")}


def test_what_only_a_person_mends_is_not_restarted() -> None:
    codes = {int(code) for value in UNIT["RestartPreventExitStatus"] for code in value.split()}
    assert codes == {Stopped.exit_code, ConfigError.exit_code}
    assert UNIT["Restart"] == ["on-failure"]


def test_the_watchdog_and_the_stop_leave_the_daemon_the_time_that_it_takes() -> None:
    assert UNIT["Type"] == ["notify"]
    # It is fed once every poll of the switch: ten may be late.
    assert int(UNIT["WatchdogSec"][0]) > 10 * SWITCH_POLL_S
    # A look winds up within the one, then the connection and the journal are closed.
    assert int(UNIT["TimeoutStopSec"][0]) >= 2 * STOP_WITHIN_S
    assert UNIT["KillSignal"] == ["SIGTERM"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("User", "bot"),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateDevices", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
        ("IPAddressDeny", "any"),
        ("IPAddressAllow", "localhost"),
        ("LimitCORE", "0"),
        ("StateDirectory", "bot"),
        ("StateDirectoryMode", "0700"),
    ],
)
def test_the_unit_keeps_its_walls(key: str, value: str) -> None:
    assert UNIT[key] == [value]


def test_the_credential_that_the_unit_shows_is_a_setting() -> None:
    shown = re.findall(r"^# LoadCredential=(\w+?)__(\w+):", read("bot.service"), re.MULTILINE)
    assert shown
    for table, key in shown:
        assert key in Settings.model_fields[table].annotation.model_fields


def test_the_settings_that_the_page_shows_exist_and_agree_with_the_unit() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", read("README.md"), re.DOTALL)
    shown = tomllib.loads(text)
    for table, keys in shown.items():
        assert set(keys) <= set(Settings.model_fields[table].annotation.model_fields)
    assert shown["state"]["dir"] == f"/var/lib/{UNIT['StateDirectory'][0]}"


# --- the container


def service(compose: str, name: str) -> str:
    """Return the lines of one service of a compose file, without comments."""
    lines = [line for line in compose.splitlines() if not line.lstrip().startswith("#")]
    start = lines.index(f"  {name}:") + 1
    inside = []
    for line in lines[start:]:
        if line and not line.startswith("    "):
            break
        inside.append(line.strip())
    return "\n".join(inside)


def test_the_compose_file_publishes_no_port() -> None:
    # Whoever reaches the gateway's port can trade.
    assert not re.search(
        r"^\s*(?:ports|network_mode|expose)\s*:", read("docker-compose.yml"), re.MULTILINE
    )


def test_the_container_of_the_bot_writes_to_its_volume_only_and_reaches_the_gateway_only() -> None:
    compose = read("docker-compose.yml")
    lines = service(compose, "bot").splitlines()
    assert "read_only: true" in lines
    assert "cap_drop: [ALL]" in lines
    assert "- bot_state:/var/lib/bot" in lines
    assert "- ./bot.toml:/etc/bot/bot.toml:ro" in lines
    assert "networks: [trader]" in lines
    assert "  trader:\n    internal: true" in compose


def test_the_image_is_pinned_and_made_from_the_lock() -> None:
    recipe = read("Dockerfile")
    bases = re.findall(r"^FROM (\S+)", recipe, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", bases[0])
    installs = [line for line in recipe.splitlines() if "pip install" in line]
    assert all("--no-deps" in line for line in installs)
    assert ["--require-hashes -r requirements.lock" in line for line in installs] == [True, False]


def test_the_image_runs_a_command_that_is_there() -> None:
    words = json.loads(re.findall(r"^CMD (.+)$", read("Dockerfile"), re.MULTILINE)[0])
    command, bound, _ = app.parse_args(words, exit_on_error=False)
    assert command is run
    assert bound.arguments == {"config": Path("/etc/bot/bot.toml")}


def test_what_the_image_copies_is_there_and_reaches_the_build() -> None:
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", read("Dockerfile"), re.MULTILINE)
    sources = {source for copy in copies for source in copy.split()}
    assert sources
    assert not [source for source in sources if not (ROOT / source).exists()]
    allowed = set(re.findall(r"^!(.+)$", read("Dockerfile.dockerignore"), re.MULTILINE))
    assert sources <= allowed


def test_what_a_person_puts_beside_the_compose_file_is_never_tracked() -> None:
    ignored = read(".gitignore").splitlines()
    own = re.findall(r"\./([a-z_.]+)", read("docker-compose.yml"))
    assert set(own) == {"bot.toml", "tws_password.txt"}
    assert {*own, ".env"} <= set(ignored)
