package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class ReadOnlyEndpointIntegrationTests {

    @Test
    void theEndpointReadsOnlyUnlessMoreIsAllowed() throws Exception {
        try (App app = OperationsIntegrationTests.run(getClass())) {
            assertThat(OperationsIntegrationTests.get(app, "/actuator/penstock").body())
                    .contains("\"shipping\"");
            HttpResponse<String> refused = OperationsIntegrationTests.send(
                    app, "POST", "/actuator/penstock/shipping", "{\"action\":\"pause\"}");
            assertThat(refused.statusCode()).isEqualTo(405);
            assertThat(app.stats("shipping").paused()).isFalse();
        }
    }
}
