"""The pages under /settings: stores, registers, people, payment methods and API keys."""
