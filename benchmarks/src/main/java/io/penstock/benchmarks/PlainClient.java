package io.penstock.benchmarks;

/** What Kafka's own clients do without a database: no relay or ingress can be faster. */
final class PlainClient implements Attempt {

    private final Bench bench;
    private final boolean reads;
    private final Broker broker = Broker.shared();
    private final String topic = Topics.next();

    PlainClient(Bench bench, boolean reads) {
        this.bench = bench;
        this.reads = reads;
    }

    @Override
    public void prepare() throws Exception {
        broker.topic(topic);
        if (reads) {
            Records.send(broker, topic, bench);
        }
    }

    @Override
    public void run() {
        if (reads) {
            Records.read(broker, topic, bench.events());
        } else {
            Records.send(broker, topic, bench);
        }
    }

    @Override
    public void verify() throws Exception {
        long records = Records.count(broker, topic);
        if (records != bench.events()) {
            throw new IllegalStateException(records + " records are on the topic, expected " + bench.events());
        }
    }

    @Override
    public void close() {}
}
