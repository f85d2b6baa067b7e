package io.penstock.benchmarks;

import io.penstock.bus.kafka.KafkaRelay;
import io.penstock.bus.kafka.RelayOptions;
import io.penstock.bus.kafka.Routing;
import java.util.Map;

/** Sends what is ready to a topic, each event done when all replicas in sync have it. */
final class BusRelay extends BusAttempt {

    static final RelayOptions DEFAULTS =
            RelayOptions.builder("defaults", "*").bootstrapServers("none").build();

    private final Broker broker = Broker.shared();
    private final String topic = Topics.next();
    private final KafkaRelay relay;

    BusRelay(Bench bench) {
        super(bench);
        this.relay = KafkaRelay.create(
                bus,
                RelayOptions.builder("consumer-0", "order.*")
                        .bootstrapServers(broker.bootstrap())
                        .routing(Routing.toTopic(topic))
                        .build());
    }

    @Override
    public void prepare() throws Exception {
        super.prepare();
        broker.topic(topic);
    }

    @Override
    public void run() throws Exception {
        Blocking.await(relay.start());
        owed().awaitNone();
    }

    @Override
    public void verify() throws Exception {
        long records = Records.count(broker, topic);
        if (records != bench.events()) {
            throw new IllegalStateException(records + " records are on the topic, expected " + bench.events());
        }
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = super.config();
        config.put("batchSize", DEFAULTS.batchSize());
        config.put("concurrency", DEFAULTS.concurrency());
        config.put("brokers", 1);
        return config;
    }

    @Override
    public void close() throws Exception {
        Blocking.await(relay.close());
        super.close();
    }
}
