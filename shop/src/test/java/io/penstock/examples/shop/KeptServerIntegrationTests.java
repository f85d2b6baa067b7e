package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.spi.ConnectionFactories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.r2dbc.core.DatabaseClient;

class KeptServerIntegrationTests {

    @TempDir
    private Path home;

    @Test
    void dataSurvivesTheDeathOfTheShopAndWhatItLeavesBehind() throws IOException {
        leaveAnInitializationHalfDone();
        Process killed = startElsewhere();
        assertThatThrownBy(() -> KeptServer.start(home))
                .isInstanceOf(KeptServerException.class)
                .hasMessageContaining(home + " is in use by another shop");
        killed.destroyForcibly().onExit().join();
        ProcessHandle left = postmaster();
        assertThat(left.isAlive()).isTrue();

        try (KeptServer server = KeptServer.start(home)) {
            assertThat(left.isAlive()).isFalse();
            assertThat(query(server, "SELECT n::text FROM kept")).isEqualTo("7");
            for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
                assertThat(query(server, "SHOW " + setting)).as(setting).isEqualTo("on");
            }
        }
        leaveTheNumberOfAnotherProcess();

        try (KeptServer server = KeptServer.start(home)) {
            assertThat(query(server, "SELECT n::text FROM kept")).isEqualTo("7");
            assertThatThrownBy(() -> KeptServer.start(home)).hasMessageContaining("in use by another shop");
        }
        assertThat(pid()).doesNotExist();
    }

    @Test
    void aServerOfAnotherPlaceIsLeftAloneThoughItsNumberIsInTheFile() throws IOException {
        Path elsewhere = home.resolve("elsewhere");
        try (KeptServer other = KeptServer.start(elsewhere)) {
            Files.createDirectories(pid().getParent());
            Files.copy(elsewhere.resolve("data").resolve("postmaster.pid"), pid());

            LeftServer.stop(home.resolve("data"), ShopClient.PATIENCE);

            assertThat(pid()).doesNotExist();
            assertThat(query(other, "SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void whoeverMayNotReadThePasswordIsKeptOut() throws IOException {
        try (KeptServer server = KeptServer.start(home)) {
            String other = server.url().replaceFirst("postgres:[^@]*@", "postgres:postgres@");

            assertThatThrownBy(() -> query(other, "SELECT 'in'"))
                    .hasStackTraceContaining("password authentication failed");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("password"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
        Path file = Files.writeString(home.resolve("file"), "");
        assertThatThrownBy(() -> KeptServer.start(file))
                .isInstanceOf(KeptServerException.class)
                .hasMessageContaining("shop.data is " + file);
    }

    private void leaveAnInitializationHalfDone() throws IOException {
        Files.createDirectories(home.resolve("data.incomplete"));
        Files.writeString(home.resolve("data.incomplete").resolve("PG_VERSION"), "18");
    }

    private Process startElsewhere() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        KeptServerMain.class.getName(),
                        home.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(process.inputReader().lines().anyMatch("ready"::equals)).isTrue();
        return process;
    }

    private void leaveTheNumberOfAnotherProcess() throws IOException {
        Files.writeString(pid(), ProcessHandle.current().pid() + "\n");
    }

    private ProcessHandle postmaster() throws IOException {
        return ProcessHandle.of(Long.parseLong(Files.readAllLines(pid()).get(0)))
                .orElseThrow();
    }

    private Path pid() {
        return home.resolve("data").resolve("postmaster.pid");
    }

    private static String query(KeptServer server, String sql) {
        return query(server.url(), sql);
    }

    private static String query(String url, String sql) {
        return DatabaseClient.create(ConnectionFactories.get(url))
                .sql(sql)
                .mapValue(String.class)
                .one()
                .block(ShopClient.PATIENCE);
    }
}
