package io.penstock.examples.shop;

import io.r2dbc.spi.ConnectionFactories;
import java.io.IOException;
import java.nio.file.Path;
import org.springframework.r2dbc.core.DatabaseClient;

/** A process that keeps a server, has written to it, says so, and waits to be killed. */
final class KeptServerMain {

    private KeptServerMain() {}

    public static void main(String[] args) throws IOException {
        KeptServer server = KeptServer.start(Path.of(args[0]));
        execute(server, "CREATE TABLE kept AS SELECT 7 AS n");
        System.out.println("ready");
        int unused = System.in.read();
    }

    private static void execute(KeptServer server, String sql) {
        DatabaseClient.create(ConnectionFactories.get(server.url()))
                .sql(sql)
                .then()
                .block();
    }
}
