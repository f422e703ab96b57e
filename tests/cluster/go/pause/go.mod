module flink-operator.test/pause

go 1.25.0
