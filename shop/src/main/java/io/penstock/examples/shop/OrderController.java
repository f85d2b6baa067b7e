package io.penstock.examples.shop;

import java.net.URI;
import java.util.UUID;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** Takes orders and tells how far they have come. */
@RestController
class OrderController {

    private static final int RECENT = 50;

    private final Orders orders;
    private final Products products;
    private final Doors doors;

    OrderController(Orders orders, Products products, Doors doors) {
        this.orders = orders;
        this.products = products;
        this.doors = doors;
    }

    @PostMapping(path = "/orders", consumes = MediaType.APPLICATION_JSON_VALUE)
    Mono<ResponseEntity<Placed>> place(@RequestBody Mono<JsonNode> body) {
        return body.doOnNext(unread -> doors.requireOpen())
                .map(OrderRequest::read)
                .flatMap(request -> orders.place(request).switchIfEmpty(refuseProduct(request)))
                .map(id -> ResponseEntity.created(URI.create("/orders/" + id)).body(new Placed(id)));
    }

    @GetMapping("/orders/{id}")
    Mono<OrderState> order(@PathVariable String id) {
        return Mono.fromSupplier(() -> PathId.of("id", id))
                .flatMap(orders::find)
                .switchIfEmpty(Mono.error(() -> new NotThereException("There is no order " + id)));
    }

    /** The latest fifty. */
    @GetMapping("/orders")
    Flux<OrderState> recent() {
        return orders.recent(RECENT);
    }

    @GetMapping("/products")
    Flux<Products.Product> products() {
        return products.all();
    }

    private Mono<UUID> refuseProduct(OrderRequest request) {
        return products.all()
                .map(Products.Product::sku)
                .collectList()
                .flatMap(known -> Mono.error(InvalidRequestException.of(
                        "product", '"' + request.product() + '"', "one of " + String.join(", ", known))));
    }

    record Placed(UUID id) {}
}
