"""What is particular to session jobs: a cluster that is not theirs runs them, beside others."""
