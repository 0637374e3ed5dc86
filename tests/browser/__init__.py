"""A real browser uses the real program. Skipped where there is no Chromium; in CI that is a failure."""
