"""Session clusters and session jobs in the simulated world."""
