"""The outside world: one adapter for each port, chosen by `app.py`."""
