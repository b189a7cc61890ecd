"""Settings: TOML in, one frozen `Settings` out, or one clear line and exit code 78.

`keys` holds what a key says about itself; `account`, `targets`, `rules`, `trading` and `running` are the tables;
`model` joins them and `consistency` compares them; `sources`, `problems` and `load` read them; `convert` makes domain
values; `schema` and `template` write them for editors and people. To add a key: one field with its `Key`.
"""

from bot.settings.load import load_settings
from bot.settings.model import Settings

__all__ = ["Settings", "load_settings"]
