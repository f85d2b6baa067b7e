package io.penstock.crash;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import reactor.core.publisher.Mono;

/** The consumers a node can run: transactional and in order, plain and in order, transactional in batches. */
final class NodeConsumers {

    private static final int PARTITIONS = 8;

    private final NodeOptions options;
    private final Tasks tasks;
    private final ConnectionFactory connections;

    NodeConsumers(NodeOptions options, Tasks tasks, ConnectionFactory connections) {
        this.options = options;
        this.tasks = tasks;
        this.connections = connections;
    }

    ConsumerSpec<Work> spec(Contract contract) {
        String name = contract.consumer();
        ConsumerSpec.Builder<Work> builder = builder(contract);
        if (!contract.effectsOnce()) {
            return builder.handle(event -> onItsOwn(name, event));
        }
        return contract.ordered()
                ? builder.transactional(Connection.class, (event, tx) -> tasks.doOne(name, event, tx))
                : builder.transactionalBatch(Connection.class, (events, tx) -> tasks.doAll(name, events, tx));
    }

    private ConsumerSpec.Builder<Work> builder(Contract contract) {
        ConsumerSpec.Builder<Work> builder = ConsumerSpec.named(contract.consumer())
                .on(Work.class)
                .partitions(PARTITIONS)
                .batchSize(options.number("batch"))
                .concurrency(options.number("concurrency"))
                .timeout(options.millis("timeout"))
                .retry(RetryPolicy.attempts(options.number("attempts"))
                        .withBackoff(
                                options.millis("backoff"),
                                options.millis("backoff").multipliedBy(10)));
        return contract.ordered() ? builder.ordered() : builder;
    }

    private Mono<Void> onItsOwn(String name, Event<Work> event) {
        return Mono.usingWhen(
                connections.create(), connection -> tasks.doOne(name, event, connection), Connection::close);
    }
}
