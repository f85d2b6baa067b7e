package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import tools.jackson.databind.JsonNode;

@ShopTest
class ProblemIntegrationTests {

    private ShopClient shop;

    @BeforeEach
    void open(@Value("${local.server.port}") int port) {
        shop = new ShopClient(port);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"customer": "A", "product": "teapot", "quantity": 0}             | quantity | 0
            {"customer": "A", "product": "teapot", "quantity": -1}            | quantity | -1
            {"customer": "A", "product": "teapot", "quantity": 101}           | quantity | 101
            {"customer": "A", "product": "teapot", "quantity": 4294967297}    | quantity | 4294967297
            {"customer": "A", "product": "teapot", "quantity": 99999999999999999999999} | quantity | 99999999999999999999999
            {"customer": "A", "product": "teapot", "quantity": 1e999999999}   | quantity | "Infinity"
            {"customer": "A", "product": "teapot", "quantity": 1.5}           | quantity | 1.5
            {"customer": "A", "product": "teapot", "quantity": "3"}           | quantity | "3"
            {"customer": "A", "product": "teapot", "quantity": null}          | quantity | null
            {"customer": "A", "product": "teapot", "quantity": [1]}           | quantity | [1]
            {"customer": "A", "product": "teapot", "quantity": 1, "price": 0} | price    | 0
            {"customer": " ", "product": "teapot", "quantity": 1}             | customer | " "
            {"customer": 7, "product": "teapot", "quantity": 1}               | customer | 7
            {"customer": "A\\u0000", "product": "teapot", "quantity": 1}      | customer | "A\\u0000"
            {"customer": "A", "product": "goat", "quantity": 1}               | product  | "goat"
            {"customer": "A", "product": "tea\\u0000pot", "quantity": 1}      | product  | "tea\\u0000pot"
            {"customer": "A", "product": "'; DROP TABLE shop.orders", "quantity": 1} | product | "'; DROP TABLE shop.orders"
            [1]                                                               | body     | [1]
            null                                                              | body     | null
            """, quoteCharacter = '`')
    void aValueOutOfRangeIsNamedWithItsFieldAndWhatIsAllowed(String body, String field, String value) {
        JsonNode problem = problem(post(body), 400);
        JsonNode error = problem.at("/errors/0");
        assertThat(error.path("field").asString()).isEqualTo(field);
        assertThat(error.path("value").asString()).isEqualTo(value);
        assertThat(error.path("allowed").asString()).isNotEmpty();
        assertThat(problem.path("detail").asString()).startsWith(field + " is " + value + "; allowed: ");
    }

    @Test
    void allThatIsMissingIsNamedAtOnce() {
        assertThat(problem(post("{}"), 400).path("errors"))
                .extracting(error -> error.path("field").asString())
                .containsExactly("customer", "product", "quantity");
    }

    @Test
    void halfACharacterIsRefused() {
        JsonNode problem = problem(post("{\"customer\": \"\\ud800\", \"product\": \"teapot\", \"quantity\": 1}"), 400);
        assertThat(problem.at("/errors/0/field").asString()).isEqualTo("customer");
    }

    @Test
    void aNameThatIsTooLongIsRefusedAndShownInPart() {
        String body = "{\"customer\": \"" + "a".repeat(5_000) + "\", \"product\": \"teapot\", \"quantity\": 1}";
        assertThat(problem(post(body), 400).at("/errors/0/value").asString())
                .hasSize(61)
                .endsWith("…");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "no",
                "{\"quantity\": NaN}",
                "{'customer': 'A'}",
                "{\"customer\": \"A\", \"customer\": \"B\"}",
                "{\"customer\": \"A\"} {}"
            })
    void whatIsNoJsonIsRefused(String body) {
        problem(post(body), 400);
    }

    @Test
    void nestingWithoutEndIsRefused() {
        problem(post("[".repeat(15_000)), 400);
    }

    @Test
    void anEmptyBodyIsRefused() {
        WebTestClient.ResponseSpec answer = shop.http
                .post()
                .uri("/orders")
                .contentType(MediaType.APPLICATION_JSON)
                .exchange();
        problem(answer, 400);
    }

    @Test
    void aBodyOfTenMegabytesIsRefused() {
        String body = "{\"customer\": \"" + "a".repeat(10_000_000) + "\"}";
        assertThat(problem(post(body), 413).path("detail").asString()).contains("16 KB");
    }

    @Test
    void anotherContentTypeIsRefused() {
        WebTestClient.ResponseSpec answer = shop.http
                .post()
                .uri("/orders")
                .contentType(MediaType.TEXT_PLAIN)
                .bodyValue("{}")
                .exchange();
        problem(answer, 415);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,    /orders/00000000-0000-0000-0000-000000000000, 404",
        "GET,    /orders/7, 400",
        "GET,    /orders/1-1-1-1-1, 400",
        "GET,    /orders/%00, 400",
        "GET,    /nowhere, 404",
        "DELETE, /orders, 405",
        "POST,   /dead-letters/shipping/00000000-0000-0000-0000-000000000000/redrive, 404",
        "POST,   /dead-letters/nobody/00000000-0000-0000-0000-000000000000/redrive, 404",
        "POST,   /dead-letters/%00/00000000-0000-0000-0000-000000000000/redrive, 404",
        "POST,   /dead-letters/shipping/7/redrive, 400"
    })
    void whatIsNotThereIsAProblemToo(String method, String path, int status) {
        problem(
                shop.http
                        .method(HttpMethod.valueOf(method))
                        .uri(shop.address(path))
                        .exchange(),
                status);
    }

    @Test
    void noOrderIsTakenBeforeAllConsumersAreRegistered(@Autowired ConfigurableApplicationContext context) {
        AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
        try {
            problem(shop.order("Ada", "teapot", 1), 503);
        } finally {
            AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
        }
        shop.place("Ada", "teapot", 1);
    }

    @Test
    void aCarrierIsOnStrikeOrNot() {
        WebTestClient.ResponseSpec answer = shop.http
                .put()
                .uri("/carrier")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{\"onStrike\": \"perhaps\"}")
                .exchange();
        assertThat(problem(answer, 400).at("/errors/0/allowed").asString()).isEqualTo("true or false");
    }

    private WebTestClient.ResponseSpec post(String body) {
        return shop.http
                .post()
                .uri("/orders")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange();
    }

    /** It tells nothing about how the shop is made. */
    private static JsonNode problem(WebTestClient.ResponseSpec answer, int status) {
        JsonNode problem = ShopClient.problem(answer, status);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.toString())
                .doesNotContainPattern("Exception|\\bat |java\\.|io\\.penstock|org\\.springframework|SELECT");
        return problem;
    }
}
