"""Settings: TOML in, one frozen `Settings` out, or one clear line and exit code 78.

`keys` holds what a key says about itself; `account`, `targets`, `rules`, `trading` and `running` are the tables; `made`
makes those of policies, target sources and costs from the core's own parameters, so that one more needs no line here.
`tables` puts them side by side, `consistency` compares them, `trial` asks the rules about them, `model` is the whole;
`sources`, `text_file`, `problems` and `load` read them; `convert` makes domain values; `schema` and `template` write
them for editors and people. To add a key: one field with its `Key`. After a new key, or another word in one, write the
two files of `config/` anew, as the heads of `schema` and `template` say.
"""

from bot.settings.load import load_settings
from bot.settings.model import Settings

__all__ = ["Settings", "load_settings"]
