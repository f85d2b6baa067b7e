package io.penstock.examples;

import io.penstock.bus.BusListener;
import io.penstock.bus.kafka.KafkaBridgeListener;
import io.penstock.bus.r2dbc.R2dbcEventBus;

/** Service A's relay in a process of its own, for {@code --kill-relay}. */
final class ShopRelay {

    private ShopRelay() {}

    /** Relays until it is killed; the arguments are the database, the broker and the topic. */
    public static void main(String[] args) {
        ChildJvm.endWithParent();
        R2dbcEventBus bus =
                R2dbcEventBus.create(OrdersDatabase.at(args[0]).connections(), ShopServices.orders(BusListener.NONE));
        bus.start()
                .then(ShopServices.relay(bus, args[1], args[2], KafkaBridgeListener.NONE)
                        .start())
                .block();
        // Until it is killed.
        ProcessHandle.current().parent().orElseThrow().onExit().join();
    }
}
