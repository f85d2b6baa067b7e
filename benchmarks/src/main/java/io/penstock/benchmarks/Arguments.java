package io.penstock.benchmarks;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * What the program was asked to do.
 *
 * @param workloads names or groups; {@code all} for each of them, {@code report} for the report
 * @param events how many, in place of each workload's own number
 * @param rounds measured for each variant
 * @param warmUp the share of the events that each variant handles, not counted, in each cell before its first round; 0:
 *     none
 * @param postgres the URL of the server to use; {@code null}: an embedded one
 * @param only variants whose names, behind their workload's and a colon, contain one of these; empty: all
 * @param skip variants whose names contain one of these are left out
 * @param options settings of workloads, by name
 */
record Arguments(
        List<String> workloads,
        @Nullable Integer events,
        int rounds,
        double warmUp,
        @Nullable String postgres,
        List<String> only,
        List<String> skip,
        Map<String, String> options,
        boolean help) {

    static final String HELP = """
            Runs workloads on the bus, on hand-written code for the same job and on its peers, in turns.

              WORKLOAD...         names or groups of workloads, or: all, report, list (with their events)
              --events N          events of each workload (default: its own number)
              --rounds R          measured rounds of each variant (default: 3)
              --warmup SHARE      share of the events that each variant handles, not counted, in each cell before the first
                                  round: until the compilers are quiet, at most 15 times (default: 1)
              --only TEXT,TEXT    only variants whose names, such as 'drain: twin', contain one of these
              --skip TEXT,TEXT    none of the variants whose names contain one of these
              --option NAME=VALUE a setting of a workload, such as seconds=10; may be repeated
              --postgres URL      postgresql://user:password@host:port/database (default: an embedded server)
              --help              print this

            Exit codes: 0 every cell was verified, 1 one was not, 2 the arguments are wrong.
            """;

    Arguments {
        workloads = List.copyOf(workloads);
        only = List.copyOf(only);
        skip = List.copyOf(skip);
        options = Map.copyOf(options);
    }

    /** Throws {@link UsageException} for what it does not understand. */
    static Arguments parse(String... words) {
        Parsing parsing = new Parsing();
        Queue<String> rest = new ArrayDeque<>(List.of(words));
        for (String word = rest.poll(); word != null; word = rest.poll()) {
            parsing.take(word, rest);
        }
        return parsing.end();
    }

    boolean wants(Workload workload, Variant variant) {
        String name = workload.name() + ": " + variant.name();
        boolean named = only.isEmpty() || only.stream().anyMatch(name::contains);
        return named && skip.stream().noneMatch(name::contains);
    }

    int eventsOf(Workload workload) {
        return events == null ? workload.events() : events;
    }

    private static final class Parsing {

        private final List<String> workloads = new ArrayList<>();
        private final Map<String, String> options = new LinkedHashMap<>();
        private List<String> only = List.of();
        private List<String> skip = List.of();
        private @Nullable Integer events;
        private int rounds = 3;
        private double warmUp = 1;
        private @Nullable String postgres;
        private boolean help;

        private void take(String word, Queue<String> rest) {
            switch (word) {
                case "--events" -> events = number(word, rest, 1);
                case "--rounds" -> rounds = number(word, rest, 1);
                case "--warmup" -> warmUp = share(word, rest);
                case "--postgres" -> postgres = value(word, rest);
                case "--only" -> only = List.of(value(word, rest).split(","));
                case "--skip" -> skip = List.of(value(word, rest).split(","));
                case "--option" -> option(value(word, rest));
                case "--help" -> help = true;
                default -> name(word);
            }
        }

        private Arguments end() {
            if (workloads.isEmpty() && !help) {
                throw new UsageException("no workload is named");
            }
            return new Arguments(workloads, events, rounds, warmUp, postgres, only, skip, options, help);
        }

        private void name(String word) {
            if (word.startsWith("--")) {
                throw new UsageException("unknown option '" + word + "'");
            }
            workloads.add(word);
        }

        private void option(String text) {
            int at = text.indexOf('=');
            if (at < 1) {
                throw new UsageException("--option " + text + " is not NAME=VALUE");
            }
            options.put(text.substring(0, at), text.substring(at + 1));
        }

        private static int number(String option, Queue<String> rest, int least) {
            String value = value(option, rest);
            try {
                int number = Integer.parseInt(value);
                if (number >= least) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below, as for a number that is too small.
            }
            throw new UsageException(option + " is '" + value + "', allowed are whole numbers from " + least);
        }

        private static double share(String option, Queue<String> rest) {
            String value = value(option, rest);
            try {
                double share = Double.parseDouble(value);
                if (share >= 0 && share <= 1) {
                    return share;
                }
            } catch (NumberFormatException e) {
                // Said below, as for a number that is out of range.
            }
            throw new UsageException(option + " is '" + value + "', allowed are 0 to 1");
        }

        private static String value(String option, Queue<String> rest) {
            String value = rest.poll();
            if (value == null || value.isBlank() || value.startsWith("--")) {
                throw new UsageException(option + " needs a value");
            }
            return value;
        }
    }
}
