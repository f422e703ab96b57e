import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** Counts numbers in keyed state and leaves a trace that tells what happened to that state; see README.md. */
public class SeqJob {
  private static final int KEYS = 16;

  public static void main(String[] arguments) throws Exception {
    Options options = Options.parse(arguments);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromSource(
            new NumberSequenceSource(0, options.bounded - 1),
            WatermarkStrategy.noWatermarks(),
            "numbers")
        .uid("numbers")
        .map(new Throttle(options.rate))
        .uid("throttle")
        .name("throttle")
        .keyBy(number -> number % KEYS)
        .map(new Count(options.failAt, options.marker))
        .uid("count")
        .name("count")
        .sinkTo(new DiscardingSink<>())
        .uid("sink")
        .name("sink");
    env.execute("seq-job");
  }

  /** What the program arguments say. */
  private static final class Options {
    private static final Set<String> KNOWN = Set.of("--rate", "--bounded", "--fail-at", "--marker");

    final double rate;
    final long bounded;
    final long failAt;
    final String marker;

    private Options(Map<String, String> values) {
      rate = Double.parseDouble(values.getOrDefault("--rate", "100"));
      bounded = Long.parseLong(values.getOrDefault("--bounded", "4611686018427387904"));
      failAt = Long.parseLong(values.getOrDefault("--fail-at", "0"));
      marker = values.get("--marker");
      if (rate <= 0 || bounded <= 0 || failAt < 0) {
        throw new IllegalArgumentException("--rate and --bounded are above 0, --fail-at is not below");
      }
    }

    static Options parse(String[] arguments) {
      Map<String, String> values = new HashMap<>();
      for (int i = 0; i < arguments.length; i += 2) {
        if (!KNOWN.contains(arguments[i]) || i + 1 == arguments.length) {
          throw new IllegalArgumentException(
              arguments[i] + ": options are " + KNOWN + ", each with a value");
        }
        values.put(arguments[i], arguments[i + 1]);
      }
      return new Options(values);
    }
  }

  /**
   * Lets numbers pass at a steady pace. It runs in the source's own task, so that no numbers pile up in network
   * buffers, where checkpoint barriers would queue behind them.
   */
  private static final class Throttle extends RichMapFunction<Long, Long> {
    private final double rate;
    private transient long interval;
    private transient long next;

    Throttle(double rate) {
      this.rate = rate;
    }

    @Override
    public void open(OpenContext context) {
      int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
      interval = (long) (1_000_000_000L * subtasks / rate);
      next = System.nanoTime();
    }

    @Override
    public Long map(Long number) throws InterruptedException {
      long pause = next - System.nanoTime();
      if (pause > 0) {
        Thread.sleep(pause / 1_000_000, (int) (pause % 1_000_000));
      }
      // A job that was held up does not hurry afterwards.
      next = Math.max(next, System.nanoTime() - interval) + interval;
      return number;
    }
  }

  /** Counts per key in keyed state, and per subtask in operator state, which is readable at the start. */
  private static final class Count extends RichMapFunction<Long, Long> implements CheckpointedFunction {
    private final long failAt;
    private final String markerFolder;
    private transient ValueState<Long> countOfKey;
    private transient ListState<Long> counts;
    private transient long count;
    private transient boolean restored;
    private transient Marker marker;

    Count(long failAt, String markerFolder) {
      this.failAt = failAt;
      this.markerFolder = markerFolder;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
      counts = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("counts", Long.class));
      restored = context.isRestored();
      count = 0;
      for (long part : counts.get()) {
        count += part;
      }
    }

    @Override
    public void open(OpenContext context) throws IOException {
      countOfKey = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Long.class));
      if (markerFolder != null) {
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        marker = new Marker(Path.of(markerFolder), subtask);
        marker.start(
            getRuntimeContext().getJobInfo().getJobId().toString(),
            getRuntimeContext().getTaskInfo().getAttemptNumber(),
            restored,
            count);
      }
    }

    @Override
    public Long map(Long number) throws IOException {
      Long before = countOfKey.value();
      countOfKey.update(before == null ? 1 : before + 1);
      count++;
      if (failAt > 0 && count >= failAt) {
        throw new IllegalStateException("failing at count " + count + ", as --fail-at " + failAt + " asks for");
      }
      if (marker != null) {
        marker.count(count);
      }
      return number;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
      counts.update(List.of(count));
    }

    @Override
    public void close() throws IOException {
      if (marker != null) {
        marker.stop(count);
      }
    }
  }

  /** A file of JSON lines, one file per subtask, appended to by every run. */
  private static final class Marker {
    private static final long INTERVAL_MILLIS = 1000;

    private final Path file;
    private final int subtask;
    private final String run = UUID.randomUUID().toString();
    private long nextCount;

    Marker(Path folder, int subtask) throws IOException {
      Files.createDirectories(folder);
      this.file = folder.resolve("count-" + subtask + ".jsonl");
      this.subtask = subtask;
    }

    void start(String job, int attempt, boolean restored, long count) throws IOException {
      append(
          "start",
          count,
          String.format(
              ", \"job\": \"%s\", \"subtask\": %d, \"attempt\": %d, \"restored\": %b",
              job, subtask, attempt, restored));
    }

    void count(long count) throws IOException {
      long now = System.currentTimeMillis();
      if (now >= nextCount) {
        nextCount = now + INTERVAL_MILLIS;
        append("count", count, "");
      }
    }

    void stop(long count) throws IOException {
      append("stop", count, "");
    }

    private void append(String event, long count, String more) throws IOException {
      String line =
          String.format(
              "{\"event\": \"%s\", \"run\": \"%s\", \"time\": %d, \"count\": %d%s}%n",
              event, run, System.currentTimeMillis(), count, more);
      Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
