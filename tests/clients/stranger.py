"""Programs that nobody here wrote, against our gateway: `.venv/bin/python tests/clients/stranger.py`.

thetagang, a bot that keeps a portfolio at its target weights, reads the account and trades it back;
ibkr-cli, a command line for people, tells the positions before and after and buys five shares.
Ends with 1 unless the positions are what thetagang said that they would be.

The environments come first: `make .clients/thetagang/.made .clients/ibkr-cli/.made`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from servers import HERE, ROOT, gateway

#: What a program may take.
PROGRAM_S_MAX = 120

#: A profile of ibkr-cli.
PROFILE = """
default_profile = "walk"
[profiles.walk]
host = "127.0.0.1"
port = {port}
client_id = 11
mode = "paper"
"""

#: A row of thetagang's two tables: symbol, shares now, shares to be, shares to trade.
ROW = re.compile(r"│ ([A-Z]+) +│ +([\d,]+) │ +([\d,]+) │ +([\d,]+) │ (?:Buy|Sell) ")


def run(home: Path, port: int, *words: str) -> str:
    """Run a program of an environment and return what it prints; its errors end this one."""
    environment, program, *rest = words
    path = ROOT / ".clients" / environment / "bin" / program
    # A home of its own: it finds no settings of yours, and leaves none.
    variables = {**os.environ, "HOME": str(home), "GATEWAY_PORT": str(port), "COLUMNS": "160"}
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        variables.pop(name, None)
    ended = subprocess.run(  # noqa: S603 - a program of an environment that was made for it
        [str(path), *rest],
        env=variables,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PROGRAM_S_MAX,
        check=False,
    )
    sys.stdout.write(f"$ {program} {' '.join(rest)}\n{ended.stdout}\n")
    if ended.returncode:
        sys.exit(f"{program} ended with {ended.returncode}")
    return ended.stdout


def positions(home: Path, port: int) -> dict[str, int]:
    """Return shares by symbol, as ibkr-cli tells them."""
    printed = run(home, port, "ibkr-cli", "ibkr", "positions", "--json")
    found = json.loads(printed)["rows"]
    return {each["symbol"]: int(each["position"]) for each in found}


def main() -> int:
    """Run the programs one after the other."""
    with tempfile.TemporaryDirectory() as folder, gateway() as port:
        home = Path(folder)
        settings = home / ".config" / "ibkr-cli"
        settings.mkdir(parents=True)
        (settings / "config.toml").write_text(PROFILE.format(port=port), encoding="utf-8")
        (home / "thetagang.toml").write_bytes((HERE / "thetagang.toml").read_bytes())
        run(home, port, "ibkr-cli", "ibkr", "account", "summary")
        before = positions(home, port)
        theta = ["thetagang", "thetagang", "--config", "thetagang.toml", "--without-ibc"]
        printed = run(home, port, *theta)
        after = positions(home, port)
        run(home, port, "ibkr-cli", "ibkr", "buy", "KO", "5", "--submit")
        last = positions(home, port)
    wanted = {row[0]: int(row[2].replace(",", "")) for row in ROW.findall(printed)}
    expected = {**before, **wanted}
    for symbol in sorted(expected):
        sys.stdout.write(
            f"{symbol:5} {before[symbol]:6} wanted {expected[symbol]:6} has {after[symbol]:6}\n"
        )
    is_right = wanted and after == expected and last["KO"] == after["KO"] + 5
    return int(not is_right)


if __name__ == "__main__":
    sys.exit(main())
