"""The monitor: one snapshot a look, every read three-valued."""
