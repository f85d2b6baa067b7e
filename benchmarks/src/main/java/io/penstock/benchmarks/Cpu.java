package io.penstock.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * CPU time of this JVM, the processes it started and, on this machine, those of PostgreSQL; what has ended in between
 * counts as well. From /proc, in ticks of 10 ms.
 */
final class Cpu {

    private static final long MICROS_PER_TICK = 10_000;
    private static final int USER_TIME = 11;
    private static final int TIMES = 4;

    private final @Nullable ProcessHandle postmaster;

    private Cpu(@Nullable ProcessHandle postmaster) {
        this.postmaster = postmaster;
    }

    static Cpu of(Server server) throws SQLException {
        return new Cpu(server.isLocal() ? postmaster(server.address()) : null);
    }

    /** Whether PostgreSQL's share is known. */
    boolean isWhole() {
        return postmaster != null;
    }

    /** This JVM's alone, as far as it knows. */
    long jvmMicros() {
        return TimeUnit.NANOSECONDS.toMicros(ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos());
    }

    /** All of them. */
    long micros() {
        ProcessHandle ours = ProcessHandle.current();
        long ticks = treeTicks(ours) + (postmaster == null ? 0 : treeTicks(postmaster));
        return ticks * MICROS_PER_TICK;
    }

    /** The parent of a backend, which is there for as long as its connection. */
    private static @Nullable ProcessHandle postmaster(Bench.Address address) throws SQLException {
        try (Connection connection = Jdbc.open(address)) {
            long backend = Jdbc.number(connection, "SELECT pg_backend_pid()");
            return ProcessHandle.of(backend).flatMap(ProcessHandle::parent).orElse(null);
        }
    }

    private static long treeTicks(ProcessHandle root) {
        return Stream.concat(Stream.of(root), root.descendants())
                .mapToLong(process -> ticks(process.pid()))
                .sum();
    }

    /** Its own time and that of its children that have ended. */
    private static long ticks(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", USER_TIME + TIMES + 1);
            long sum = 0;
            for (int i = USER_TIME; i < USER_TIME + TIMES; i++) {
                sum += Long.parseLong(fields[i]);
            }
            return sum;
        } catch (IOException e) {
            return 0;
        }
    }
}
