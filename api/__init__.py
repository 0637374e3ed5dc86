"""JSON for the mini-program and other programs. Small so far."""
