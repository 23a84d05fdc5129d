"""The setup of an empty installation: its link, and the first account, store and people."""
