package io.penstock.examples.shop;

import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** A remote carrier, simulated: it takes its time, and nothing while it is on strike. Thread-safe. */
@Component
class Carrier {

    private final Duration delay;
    private volatile boolean onStrike;

    Carrier(ShopProperties properties) {
        this.delay = properties.carrierDelay();
    }

    /** Emits the tracking code, the same one however often it is asked. */
    Mono<String> collect(UUID order) {
        return Mono.delay(delay)
                .flatMap(answered -> onStrike ? Mono.error(new OnStrikeException()) : Mono.just(tracking(order)));
    }

    boolean isOnStrike() {
        return onStrike;
    }

    void setOnStrike(boolean onStrike) {
        this.onStrike = onStrike;
    }

    private static String tracking(UUID order) {
        return "T-" + order.toString().substring(0, 8).toUpperCase(Locale.ROOT);
    }

    static final class OnStrikeException extends RuntimeException {

        OnStrikeException() {
            super("The carrier is on strike");
        }
    }
}
