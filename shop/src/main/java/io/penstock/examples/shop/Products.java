package io.penstock.examples.shop;

import java.math.BigDecimal;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;

/** What can be bought. */
@Component
class Products {

    private static final String ALL = "SELECT sku, name, price, stock FROM shop.product ORDER BY price, sku";

    private final DatabaseClient client;

    Products(DatabaseClient client) {
        this.client = client;
    }

    Flux<Product> all() {
        return client.sql(ALL).mapProperties(Product.class).all();
    }

    record Product(String sku, String name, BigDecimal price, int stock) {}
}
