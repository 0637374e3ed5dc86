"""The conversation: one ordered table of rules and every sentence a citizen reads."""
