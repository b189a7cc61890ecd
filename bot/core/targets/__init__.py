"""Where target weights come from: one source a file, one line in the registry."""
