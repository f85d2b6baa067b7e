package io.penstock.benchmarks;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs workloads; {@code --help} tells the options. */
public final class Benchmarks {

    static final int FINE = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private Benchmarks() {}

    public static void main(String[] args) {
        int code = run(System.out, System.err, resultsFile(), args);
        if (code != FINE) {
            System.exit(code);
        }
    }

    /** Returns the exit code. */
    static int run(PrintStream out, PrintStream err, Path results, String... args) {
        try {
            Arguments arguments = Arguments.parse(args);
            if (arguments.help()) {
                out.print(Arguments.HELP);
                return FINE;
            }
            return run(arguments, new Results(results), out) ? FINE : FAILED;
        } catch (UsageException e) {
            err.println(e.getMessage());
            err.println("--help tells the options");
            return MISUSED;
        } catch (Exception e) {
            err.println("the run failed: " + e);
            return FAILED;
        }
    }

    private static boolean run(Arguments arguments, Results results, PrintStream out) throws Exception {
        if (arguments.workloads().equals(List.of("report"))) {
            Report.write(results, Machine.read(machineFile(results)), project().resolve("docs"));
            return true;
        }
        if (arguments.workloads().equals(List.of("list"))) {
            Workloads.all().forEach(workload -> out.println(Tables.line(workload)));
            return true;
        }
        return measure(arguments, results, out);
    }

    private static boolean measure(Arguments arguments, Results results, PrintStream out) throws Exception {
        List<Workload> workloads = Workloads.called(arguments.workloads());
        try (Server server = Server.at(arguments.postgres());
                Databases databases = new Databases(server.address())) {
            Machine.of(server).write(machineFile(results));
            CellRun run = new CellRun(databases, Gauges.of(server));
            Rounds rounds = new Rounds(arguments, databases, run, out);
            boolean fine = true;
            for (Workload workload : workloads) {
                long startedAt = System.nanoTime();
                List<Cell> cells = rounds.run(workload);
                results.add(cells);
                out.println(Tables.of(workload.name(), cells));
                out.println("  took " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedAt) + " s\n");
                fine &= cells.stream().allMatch(cell -> cell.error() == null);
            }
            return fine;
        }
    }

    private static Path machineFile(Results results) {
        return results.file().resolveSibling("machine.json");
    }

    /** Maven runs us in the directory of the whole project, an IDE may do so in ours. */
    private static Path project() {
        return Path.of(Files.isDirectory(Path.of("benchmarks")) ? "." : "..");
    }

    private static Path resultsFile() {
        return project().resolve("benchmarks/target/results.jsonl");
    }
}
