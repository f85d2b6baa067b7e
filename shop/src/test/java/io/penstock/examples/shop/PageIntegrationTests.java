package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Value;

@ShopTest
class PageIntegrationTests {

    @ParameterizedTest
    @ValueSource(strings = {"/", "/shop.js", "/shop.css", "/gate.svg"})
    void thePageLoadsNothingFromElsewhere(String path, @Value("${local.server.port}") int port) {
        new ShopClient(port)
                .http
                .get()
                .uri(path)
                .exchange()
                .expectStatus()
                .isOk()
                .expectHeader()
                .value("Content-Security-Policy", policy -> assertThat(policy).startsWith("default-src 'none'"))
                .expectBody(String.class)
                .value(text -> assertThat(text.replace("http://www.w3.org/2000/svg", ""))
                        .doesNotContainPattern("https?:|innerHTML|onclick=\""));
    }
}
