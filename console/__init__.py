"""The staff's web pages. Empty so far: it comes with its own issue."""
