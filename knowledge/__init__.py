"""What the hall knows: entries, guides, departments; snapshot, files, checks."""
