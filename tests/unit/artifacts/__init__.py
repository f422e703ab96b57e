"""Sources of jars, against real servers on loopback."""
