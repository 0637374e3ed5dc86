"""Long trials: the real program, killed and starved on purpose under load; every message is counted after."""
