"""Flink as the controller meets it: the objects of a cluster, and the JobManager's REST."""
