"""People and programs: accounts, sign-in, passwords, tokens and API keys."""
