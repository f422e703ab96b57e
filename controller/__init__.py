"""Makes the cluster look like the Flink resources in it: observe, decide, act."""
