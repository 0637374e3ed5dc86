"""The process: command line, composition root, webhook, one turn, supervised loops, telemetry."""
