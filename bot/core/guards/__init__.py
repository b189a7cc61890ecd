"""What may not go out: one guard a file, all of one shape, asked for the whole plan and again for every order."""
