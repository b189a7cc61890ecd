"""The gateway that the clients talk to: a process of its own for each."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).absolute().parent
ROOT = HERE.parent.parent


@contextmanager
def gateway(config: str = "gateway.toml", *options: str) -> Iterator[int]:
    """Run a gateway with a configuration of this folder; gives its port.

    Raises:
        RuntimeError: If it does not start, or does not end as it should, with what it said.
    """
    words = [sys.executable, "-m", "bot", "gateway", "--port", "0", "--json"]
    words += ["--config", str(HERE / config), *options]
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(  # noqa: S603 - our own command
            words, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        port = json.loads(process.stdout.readline() or "{}").get("port")
        try:
            if port is not None:
                yield int(port)
        finally:
            process.terminate()
            code = process.wait()
        if port is None or code:
            said.seek(0)
            message = f"the gateway ended with {code}: {said.read()[-2000:]}"
            raise RuntimeError(message)
