"""Text to intent. Pure: no I/O at question time, no clock, no settings."""
