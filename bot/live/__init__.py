"""Running on wall time: one supervised look, or the daemon that makes them by the calendar."""
