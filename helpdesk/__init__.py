"""The people: hand-offs; later cases, calendar, staff and audit."""
