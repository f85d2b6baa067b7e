package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddedServerIntegrationTests {

    @Test
    void theEmbeddedServerIsAsDurableAsOneInProduction() {
        try (EmbeddedServer server = EmbeddedServer.start()) {
            OrdersDatabase database = OrdersDatabase.at(server.url());
            for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
                assertThat(database.query("SHOW " + setting, statement -> {}, row -> row.get(0, String.class))
                                .blockLast(Duration.ofSeconds(30)))
                        .as(setting)
                        .isEqualTo("on");
            }
            database.close().block(Duration.ofSeconds(30));
        }
    }
}
