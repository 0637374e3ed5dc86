"""The citizen's web pages and the simulator."""
