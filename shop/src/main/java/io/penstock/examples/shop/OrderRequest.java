package io.penstock.examples.shop;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a customer asks for, checked. */
record OrderRequest(String customer, String product, int quantity) {

    static final int LONGEST_NAME = 60;
    static final int MOST = 100;

    private static final Set<String> FIELDS = Set.of("customer", "product", "quantity");
    private static final Pattern SKU = Pattern.compile("[a-z0-9-]{1,40}");

    /** Throws {@link InvalidRequestException} that names each field, its value and what is allowed. */
    static OrderRequest read(JsonNode body) {
        List<InvalidRequestException.Violation> violations = new ArrayList<>(JsonFields.unknown(body, FIELDS));
        JsonNode customer = body.get("customer");
        JsonNode product = body.get("product");
        JsonNode quantity = body.get("quantity");
        check(isName(customer), "customer", customer, "a name of 1 to 60 printable characters", violations);
        check(isSku(product), "product", product, "the sku of a product of GET /products", violations);
        check(isQuantity(quantity), "quantity", quantity, "a whole number from 1 to " + MOST, violations);
        if (!violations.isEmpty()) {
            throw new InvalidRequestException(violations);
        }
        return new OrderRequest(customer.stringValue().strip(), product.stringValue(), quantity.intValue());
    }

    private static void check(
            boolean holds,
            String field,
            @Nullable JsonNode value,
            String allowed,
            List<InvalidRequestException.Violation> violations) {
        if (!holds) {
            violations.add(new InvalidRequestException.Violation(field, JsonFields.shown(value), allowed));
        }
    }

    private static boolean isName(@Nullable JsonNode value) {
        if (value == null || !value.isString()) {
            return false;
        }
        String name = value.stringValue().strip();
        return !name.isEmpty()
                && name.codePointCount(0, name.length()) <= LONGEST_NAME
                && name.codePoints().allMatch(OrderRequest::isPrintable);
    }

    /** A lone surrogate is a code point of its own here; neither it nor NUL can be stored. */
    private static boolean isPrintable(int character) {
        int type = Character.getType(character);
        return type != Character.CONTROL
                && type != Character.SURROGATE
                && type != Character.UNASSIGNED
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR;
    }

    private static boolean isSku(@Nullable JsonNode value) {
        return value != null
                && value.isString()
                && SKU.matcher(value.stringValue()).matches();
    }

    /** Never converts what is no whole number: 1e999999999 would take all memory. */
    private static boolean isQuantity(@Nullable JsonNode value) {
        return value != null
                && value.isIntegralNumber()
                && value.canConvertToInt()
                && value.intValue() >= 1
                && value.intValue() <= MOST;
    }
}
