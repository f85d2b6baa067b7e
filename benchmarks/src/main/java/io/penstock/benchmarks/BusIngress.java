package io.penstock.benchmarks;

import io.penstock.bus.kafka.IngressOptions;
import io.penstock.bus.kafka.KafkaIngress;
import java.sql.Connection;
import java.util.concurrent.locks.LockSupport;

/** Publishes the records of a topic on the bus, each once. */
final class BusIngress extends BusAttempt {

    // The last position: counting them all would take time from what is measured.
    private static final String LAST = "SELECT coalesce(max(seq), 0) FROM penstock.outbox_event";
    private static final long LOOK_AGAIN_NANOS = 2_000_000;

    private final Broker broker = Broker.shared();
    private final String topic = Topics.next();
    private final KafkaIngress ingress;

    BusIngress(Bench bench) {
        super(bench);
        this.ingress = KafkaIngress.create(
                bus,
                IngressOptions.builder("bench", topic)
                        .bootstrapServers(broker.bootstrap())
                        .consumer("group.id", topic)
                        .types("order.*")
                        .build());
    }

    @Override
    public void prepare() throws Exception {
        super.prepare();
        broker.topic(topic);
        Records.send(broker, topic, bench);
    }

    @Override
    public void run() throws Exception {
        Blocking.await(ingress.start());
        long until = System.nanoTime() + Blocking.PATIENCE.toNanos();
        try (Connection connection = Jdbc.open(bench.database())) {
            while (Jdbc.number(connection, LAST) < bench.events()) {
                if (System.nanoTime() - until > 0) {
                    throw new IllegalStateException("The records are not stored");
                }
                LockSupport.parkNanos(LOOK_AGAIN_NANOS);
            }
        }
    }

    @Override
    public void verify() throws Exception {
        Stored.require(bench.database(), bench.events());
    }

    @Override
    public void close() throws Exception {
        Blocking.await(ingress.close());
        super.close();
    }
}
