"""Jars on their way from their sources to real JobManagers, without Kubernetes."""
