"""Books of accounts: from files to plans and back, beside the one account that the bot trades."""
