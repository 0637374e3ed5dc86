"""What goes wrong on bad days: lost connections, dead processes, a database that stops, a change of keys."""
