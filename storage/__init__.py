"""MongoDB: the only room that imports a driver. Also starts the embedded server."""
