"""The webhook over real HTTP: what the platform sends, and what only a forger would."""
