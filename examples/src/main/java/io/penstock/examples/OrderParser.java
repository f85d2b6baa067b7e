package io.penstock.examples;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads an order from its JSON text and refuses what the database or a consumer could not take. */
final class OrderParser {

    private static final int LONGEST_TEXT = 200;
    private static final int MOST_DECIMALS = 4;
    private static final BigDecimal MOST_MONEY = new BigDecimal("1000000000");
    private static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private final JsonMapper mapper = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    Order parse(String json) throws MalformedOrderException {
        JsonNode order = tree(json);
        require(order.isObject(), "it is not a JSON object");
        return new Order(
                text(order, "orderId"),
                text(order, "customer"),
                items(order),
                positive(order, "total"),
                instant(order, "placedAt"));
    }

    private JsonNode tree(String json) throws MalformedOrderException {
        try {
            return mapper.readTree(json);
        } catch (JacksonException e) {
            throw new MalformedOrderException("it is not JSON: " + e.getOriginalMessage());
        }
    }

    private static List<Order.Item> items(JsonNode order) throws MalformedOrderException {
        JsonNode items = order.path("items");
        require(items.isArray() && !items.isEmpty(), "items has to be an array with at least one item");
        List<Order.Item> all = new ArrayList<>();
        for (JsonNode item : items) {
            require(item.isObject(), "an item is not a JSON object");
            all.add(new Order.Item(text(item, "sku"), quantity(item), money(item, "price")));
        }
        return all;
    }

    private static String text(JsonNode object, String name) throws MalformedOrderException {
        JsonNode field = object.path(name);
        require(field.isString() && !field.stringValue().isBlank(), name + " is missing or not a text");
        String text = field.stringValue();
        require(text.length() <= LONGEST_TEXT, name + " is longer than " + LONGEST_TEXT + " characters");
        boolean storable = text.chars().noneMatch(Character::isISOControl)
                && StandardCharsets.UTF_8.newEncoder().canEncode(text);
        require(storable, name + " has control characters or half a surrogate pair");
        return text;
    }

    private static int quantity(JsonNode item) throws MalformedOrderException {
        JsonNode field = item.path("quantity");
        boolean positive = field.isIntegralNumber() && field.canConvertToInt() && field.intValue() > 0;
        require(positive, "quantity has to be a positive whole number");
        return field.intValue();
    }

    private static BigDecimal positive(JsonNode object, String name) throws MalformedOrderException {
        BigDecimal amount = money(object, name);
        require(amount.signum() > 0, name + " has to be a positive number");
        return amount;
    }

    private static BigDecimal money(JsonNode object, String name) throws MalformedOrderException {
        JsonNode field = object.path(name);
        require(field.isNumber(), name + " is missing or not a number");
        BigDecimal amount = field.decimalValue();
        boolean inRange = amount.signum() >= 0 && amount.compareTo(MOST_MONEY) <= 0 && amount.scale() <= MOST_DECIMALS;
        require(inRange, name + " has to be 0 to " + MOST_MONEY + ", with " + MOST_DECIMALS + " decimals at most");
        return amount;
    }

    private static Instant instant(JsonNode object, String name) throws MalformedOrderException {
        String text = text(object, name);
        try {
            Instant instant = Instant.parse(text);
            boolean inRange = !instant.isBefore(EARLIEST) && !instant.isAfter(LATEST);
            require(inRange, name + " has to be between " + EARLIEST + " and " + LATEST);
            return instant;
        } catch (DateTimeException e) {
            throw new MalformedOrderException(name + " has to be an instant such as 2026-03-02T06:00:31Z");
        }
    }

    private static void require(boolean holds, String otherwise) throws MalformedOrderException {
        if (!holds) {
            throw new MalformedOrderException(otherwise);
        }
    }
}
