package io.penstock.examples;

import io.penstock.bus.kafka.KafkaIngress;
import io.penstock.bus.kafka.KafkaRelay;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TimeoutException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** One run: set up both services, place the orders, wait until all have arrived, sum up, check. */
final class ShopRun {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
    private static final Duration STALLED = Duration.ofMinutes(2);
    private static final int BROKER_ANSWERS_MILLIS = 5_000;
    private static final int PARTITIONS = 4;

    private final ShopArguments arguments;
    private final String bootstrap;
    private final String topic = "shop-orders-" + UUID.randomUUID().toString().substring(0, 8);
    private final OrdersDatabase database;
    private final OrderFile file;
    private final Tally ordersTally;
    private final Tally shippingTally;
    private final ShopTraffic traffic;
    private final R2dbcEventBus orders;
    private final R2dbcEventBus shipping;
    private final KafkaRelay relay;
    private final KafkaIngress ingress;
    private final ShopFaults faults;
    private final ShopCheck check;
    private final PrintStream out;

    ShopRun(
            ShopArguments arguments,
            String url,
            String bootstrap,
            Runnable restartBroker,
            PrintStream out,
            PrintStream err) {
        this.arguments = arguments;
        this.bootstrap = bootstrap;
        this.out = out;
        this.database = OrdersDatabase.at(url);
        this.file = OrderFile.of(arguments.orders());
        this.ordersTally = new Tally(file.name(), err);
        this.shippingTally = new Tally(file.name(), err);
        this.traffic = new ShopTraffic(err);
        this.orders = R2dbcEventBus.create(database.connections(), ShopServices.orders(ordersTally));
        this.shipping = R2dbcEventBus.create(database.connections(), ShopServices.shipping(shippingTally));
        this.relay = ShopServices.relay(orders, bootstrap, topic, traffic);
        this.ingress = ShopServices.ingress(shipping, bootstrap, topic, traffic);
        this.faults =
                new ShopFaults(arguments, new String[] {url, bootstrap, topic}, restartBroker, traffic::arrived, out);
        this.check = new ShopCheck(database, out);
    }

    /** Emits whether the databases are as they should be. */
    Mono<Boolean> run() {
        return setUp().then(Mono.defer(this::deliver)).doOnNext(out::println).then(check.run());
    }

    Mono<Void> close() {
        return faults.close()
                .then(Mono.when(relay.close(), ingress.close()))
                .then(Mono.when(orders.close(), shipping.close()))
                .then(database.close());
    }

    private Mono<Void> setUp() {
        return Mono.when(database.prepare("/orders_app.sql"), database.prepare("/shop_shipping.sql"), createTopic())
                .then(Mono.when(orders.start(), shipping.start()))
                .then(shipping.subscribe(ShopServices.shipments()))
                .then(ingress.start())
                .then(startRelay());
    }

    /** A relay that is to be killed is only registered here, so that it is owed every order, and runs elsewhere. */
    private Mono<Void> startRelay() {
        return relay.start()
                .then(Mono.defer(() -> arguments.killRelay() ? relay.close() : Mono.empty()))
                .then(faults.prepare());
    }

    private Mono<String> deliver() {
        long startedAt = System.nanoTime();
        return Mono.when(new OrderImporter(orders, ordersTally).importAll(file.lines()), faults.happen())
                .then(Mono.defer(this::arrived))
                .then(Mono.fromSupplier(() -> summary(Duration.ofNanos(System.nanoTime() - startedAt))));
    }

    private Mono<Void> arrived() {
        return check.underWay()
                .repeatWhen(asked -> asked.delayElements(LOOK_AGAIN))
                .takeUntil(left -> left == 0)
                .distinctUntilChanged()
                .timeout(STALLED, Flux.error(new IllegalStateException("nothing has moved for " + STALLED)))
                .then();
    }

    private Mono<Void> createTopic() {
        return Mono.<Void>fromCallable(() -> {
                    try (Admin admin = Admin.create(Map.of(
                            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, BROKER_ANSWERS_MILLIS,
                            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, BROKER_ANSWERS_MILLIS))) {
                        NewTopic created = new NewTopic(topic, Optional.of(PARTITIONS), Optional.empty());
                        return admin.createTopics(List.of(created)).all().get();
                    }
                })
                .onErrorMap(ShopRun::isTimeout, error -> new IllegalStateException("no broker answers at " + bootstrap))
                .subscribeOn(Schedulers.boundedElastic());
    }

    private static boolean isTimeout(Throwable error) {
        return error instanceof ExecutionException && error.getCause() instanceof TimeoutException;
    }

    private String summary(Duration took) {
        double seconds = took.toMillis() / 1000.0;
        return String.join(
                System.lineSeparator(),
                text("orders      %,10d  (%,d malformed lines)", ordersTally.imported(), ordersTally.malformed()),
                text("events      %,10d", ordersTally.published()),
                text("arrived     %,10d  (%,d records came again)", traffic.arrived(), traffic.repeated()),
                text("shipments   %,10d", shippingTally.completed(ShopServices.SHIPPING)),
                text("outages     %,10d", traffic.outages()),
                text("seconds     %,10.2f", seconds),
                text("events/s    %,10.0f", seconds == 0 ? 0 : ordersTally.published() / seconds));
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
