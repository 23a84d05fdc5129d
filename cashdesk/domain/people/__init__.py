"""People and programs: sign-in, passwords, tokens and API keys."""
