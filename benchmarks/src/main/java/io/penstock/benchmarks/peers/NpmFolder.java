package io.penstock.benchmarks.peers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where the peers from npm are installed: a temporary directory of this process, by the committed lock file, without
 * running any script of theirs. Blocks; not thread-safe.
 */
final class NpmFolder {

    private static final List<String> FILES =
            List.of("package.json", "package-lock.json", "driver.mjs", "graphile-worker.mjs", "pg-boss.mjs");
    private static final List<String> INSTALL =
            List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
    private static final long MOST_SECONDS = 120;

    private static final NpmFolder SHARED = new NpmFolder();

    private boolean installed;
    private Path path = Path.of("");

    private NpmFolder() {}

    /** Whether both programs answer. */
    static boolean isPossible() {
        return answers("node") && answers("npm");
    }

    /** What is installed, each with its version. */
    static List<String> packages() {
        try (InputStream json = NpmFolder.class.getResourceAsStream("npm/package.json")) {
            return JsonMapper.shared().readTree(Objects.requireNonNull(json)).get("dependencies").properties().stream()
                    .map(entry -> entry.getKey() + " " + entry.getValue().asString())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Installs once in this process. */
    static synchronized Path installed() throws IOException, InterruptedException {
        if (!SHARED.installed) {
            SHARED.install();
        }
        return SHARED.path;
    }

    private void install() throws IOException, InterruptedException {
        path = Files.createTempDirectory("penstock-benchmarks-npm-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(path)));
        for (String file : FILES) {
            copy(file);
        }
        Process npm = new ProcessBuilder(INSTALL)
                .directory(path.toFile())
                .redirectErrorStream(true)
                .redirectOutput(path.resolve("npm.log").toFile())
                .start();
        if (!npm.waitFor(MOST_SECONDS, TimeUnit.SECONDS) || npm.exitValue() != 0) {
            npm.destroy();
            throw new IllegalStateException("npm ci failed: " + Files.readString(path.resolve("npm.log")));
        }
        installed = true;
    }

    private void copy(String file) throws IOException {
        try (InputStream content = NpmFolder.class.getResourceAsStream("npm/" + file)) {
            if (content == null) {
                throw new IllegalStateException("No resource npm/" + file);
            }
            Files.copy(content, path.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static boolean answers(String program) {
        try {
            return new ProcessBuilder(program, "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            // A leftover in the temporary directory harms nobody.
        }
    }
}
