package io.penstock.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Writes {@code docs/benchmarks.md} from the last run of each workload. Every figure in it is computed. */
final class Report {

    private static final String HEAD = """
            # Benchmarks

            Generated from the results of `mvn -q compile exec:java -pl benchmarks -am -Dexec.args="all"` by
            `-Dexec.args="report"`; nothing here is typed. Figures are medians over the rounds of one run, in brackets the
            lowest and the highest. Variants took turns, each cell on a database of its own and verified in it; one with a
            loss or a wrong count has no rate. PostgreSQL syncs its commits. The JVM, the server and, where there are some,
            other processes share one machine: ratios are what counts, rates drift.

            A *twin* does the same job by hand, without a library, on as many connections and in batches as large; in
            drain, fan-out, pinned-xmin, steady and publish-bulk it reads and writes all there is to an event, as the bus
            does, and elsewhere, as a *bare* one there, only the few columns that its workload needs. Each promises less, and
            its Javadoc says what. "Statements" are those the server counted, one by one; for all but JDBC batches each is a
            round trip. "CPU" is that of the JVM, of PostgreSQL and of child processes.

            """;
    private static final String REPRODUCE = """
            ## Reproduce

            ```
            mvn -q compile exec:java -pl benchmarks -am -Dexec.args="all"        # an hour or so
            mvn -q compile exec:java -pl benchmarks -am -Dexec.args="drain --rounds 5"
            mvn -q compile exec:java -pl benchmarks -am -Dexec.args="report"     # writes this page and its charts
            mvn -q package -DskipTests -pl benchmarks -am && java -jar benchmarks/target/benchmarks.jar   # JMH
            ```

            `--help` tells the options; `--postgres URL` uses your server. Each cell is a line of
            `benchmarks/target/results.jsonl`, with its configuration. Let nothing else run meanwhile.
            """;

    private final Figures figures;
    private final Machine machine;
    private final Charts charts;
    private final StringBuilder page = new StringBuilder(HEAD);

    private Report(Figures figures, Machine machine, Charts charts) {
        this.figures = figures;
        this.machine = machine;
        this.charts = charts;
    }

    /** @param docs the directory of the page and, in {@code benchmarks}, of its charts */
    static void write(Results results, Machine machine, Path docs) throws IOException {
        Report report = new Report(new Figures(results.read()), machine, new Charts(docs.resolve("benchmarks")));
        Files.createDirectories(docs);
        Files.writeString(docs.resolve("benchmarks.md"), report.text());
    }

    private String text() throws IOException {
        targets();
        notMet();
        for (Workload workload : Workloads.all()) {
            workload(workload);
        }
        machine();
        return page.append(REPRODUCE).toString();
    }

    private void targets() {
        page.append("## Targets\n\n| target | asked | measured | |\n|---|---|---|---|\n");
        Targets.ALL.forEach(
                target -> row(target.what(), target.asked(), target.measured(figures), target.verdict(figures)));
    }

    private void notMet() {
        page.append("\n## Not met\n\n");
        List<String> lines = Targets.ALL.stream()
                .filter(target -> !target.verdict(figures).equals("met"))
                .map(target -> "- " + target.what() + ": "
                        + (target.measured(figures).equals("–")
                                ? "not measured.\n"
                                : target.measured(figures) + ", asked " + target.asked() + ".\n"))
                .toList();
        page.append(lines.isEmpty() ? "Nothing.\n" : String.join("", lines));
        figures.failed()
                .forEach(cell -> page.append("- " + cell.workload() + ", " + cell.variant() + ", round " + cell.round()
                        + " was not verified: " + cell.error() + "\n"));
        page.append("\n");
    }

    private void workload(Workload workload) throws IOException {
        Map<String, List<Cell>> variants = figures.of(workload.name());
        if (variants.isEmpty()) {
            return;
        }
        Cell first = variants.values().iterator().next().get(0);
        page.append("## ").append(workload.name()).append("\n\n");
        chart(workload, variants);
        page.append("| variant | ")
                .append(unit(workload.figure()))
                .append(" | p50 / p99 ms | / twin | / best peer | WAL bytes | CPU µs | statements | promises |\n")
                .append("|---|---|---|---|---|---|---|---|---|\n");
        variants.forEach(this::variant);
        page.append("\nRun of ")
                .append(first.run())
                .append(", ")
                .append(first.events())
                .append(" events in ");
        page.append(first.variant()).append(".\n\n");
    }

    private void chart(Workload workload, Map<String, List<Cell>> variants) throws IOException {
        boolean isLatency = workload.figure() == Workload.Figure.LATENCY;
        Function<Cell, @Nullable Double> figure = isLatency ? Cell::p50Ms : Cell::rate;
        String unit = isLatency ? "p50 in ms" : unit(workload.figure());
        String file = charts.draw(workload.name(), unit, variants, figure);
        if (file != null) {
            page.append("![")
                    .append(workload.name())
                    .append("](benchmarks/")
                    .append(file)
                    .append(")\n\n");
        }
    }

    private void variant(String name, List<Cell> cells) {
        row(
                name,
                spread(cells),
                latencies(cells),
                Tables.median(cells, Cell::ratioToTwin, 2),
                Tables.median(cells, Cell::ratioToBestPeer, 2),
                Tables.median(cells, Cell::walBytesPerEvent, 0),
                Tables.median(cells, Cell::cpuMicrosPerEvent, 1),
                Tables.median(cells, Cell::roundTripsPerEvent, 3),
                cells.get(0).guarantee());
    }

    private static String spread(List<Cell> cells) {
        Tables.Spread rate = Tables.Spread.of(cells, Cell::rate);
        return rate == null
                ? "not verified"
                : Tables.text(rate.median(), 0) + " (" + Tables.text(rate.least(), 0) + "–"
                        + Tables.text(rate.most(), 0) + ")";
    }

    private static String latencies(List<Cell> cells) {
        String p50 = Tables.median(cells, Cell::p50Ms, 2);
        return p50.isEmpty() ? "" : p50 + " / " + Tables.median(cells, Cell::p99Ms, 2);
    }

    private static String unit(Workload.Figure figure) {
        return figure == Workload.Figure.STATEMENTS ? "statements per second and node" : "per second";
    }

    private void machine() {
        page.append("## Machine and settings\n\n| | |\n|---|---|\n");
        machine.facts().forEach((name, value) -> row(name, value));
        machine.settings().forEach((name, value) -> row("`" + name + "`", value));
        page.append("\n");
    }

    private void row(String... cells) {
        page.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
}
