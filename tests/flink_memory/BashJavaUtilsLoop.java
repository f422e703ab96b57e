import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import org.apache.flink.runtime.util.bash.BashJavaUtils;

/** Runs the class once for each line of the input, "COMMAND FOLDER", and prints what it prints. */
public class BashJavaUtilsLoop {
    public static void main(String[] arguments) throws Exception {
        PrintStream output = System.out;
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ");
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            System.setOut(new PrintStream(printed, true));
            try {
                BashJavaUtils.main(new String[] {words[0], "--configDir", words[1]});
            } catch (Throwable error) {
                printed.reset();
                printed.write(("FAILED:" + first(error)).getBytes());
            }
            System.setOut(output);
            printed.toString().lines()
                .filter(text -> text.startsWith(BashJavaUtils.EXECUTION_PREFIX) || text.startsWith("FAILED:"))
                .forEach(output::println);
            output.println("END");
        }
    }

    private static String first(Throwable error) {
        return String.valueOf(error).lines().findFirst().orElse("");
    }
}
