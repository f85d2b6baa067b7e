package io.penstock.examples.shop;

import java.util.Set;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** The switch that makes dead letters: a carrier on strike takes nothing. */
@RestController
class CarrierController {

    private static final String FIELD = "onStrike";

    private final Carrier carrier;

    CarrierController(Carrier carrier) {
        this.carrier = carrier;
    }

    @GetMapping("/carrier")
    CarrierState state() {
        return new CarrierState(carrier.isOnStrike());
    }

    @PutMapping(path = "/carrier", consumes = MediaType.APPLICATION_JSON_VALUE)
    Mono<CarrierState> change(@RequestBody Mono<JsonNode> body) {
        return body.map(CarrierController::read).doOnNext(carrier::setOnStrike).map(CarrierState::new);
    }

    private static boolean read(JsonNode body) {
        var unknown = JsonFields.unknown(body, Set.of(FIELD));
        if (!unknown.isEmpty()) {
            throw new InvalidRequestException(unknown);
        }
        JsonNode value = body.get(FIELD);
        if (value == null || !value.isBoolean()) {
            throw InvalidRequestException.of(FIELD, JsonFields.shown(value), "true or false");
        }
        return value.booleanValue();
    }

    record CarrierState(boolean onStrike) {}
}
