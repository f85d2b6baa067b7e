package io.penstock.bus.r2dbc;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Handler;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The consumers whose handlers run on this node, from their registration to their end. */
final class Subscriptions {

    private final Node node;
    private final Consumers consumers;
    private final PartitionLeases leases;
    private final Sweep sweep;
    private final Listening listening;
    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Dispatcher> running = new ConcurrentHashMap<>();
    private final ExecutorService handlerThreads = Executors.newCachedThreadPool(Subscriptions::handlerThread);
    private volatile boolean started;
    private volatile boolean closed;

    Subscriptions(Node node, Consumers consumers) {
        this.node = node;
        this.consumers = consumers;
        this.leases = new PartitionLeases(node);
        this.sweep = new Sweep(node, () -> running);
        this.listening = new Listening(node);
        node.wakeUp().add(Hint.ALL_CONSUMERS, hint -> sweep.lookSoon(), () -> false);
    }

    /** Known as started before the look at {@code closed}: a close that comes later stops it. */
    void start() {
        started = true;
        if (closed) {
            throw new IllegalStateException("The bus was closed before it had started");
        }
        leases.start();
        sweep.start();
    }

    Mono<RunningConsumer> subscribe(ConsumerSpec<?> spec) {
        return Mono.defer(() -> {
            require(spec);
            AtomicBoolean decided = new AtomicBoolean();
            return consumers
                    .register(spec)
                    .filter(registered -> decided.compareAndSet(false, true))
                    .flatMap(this::run)
                    .doFinally(end -> freeName(spec.name(), decided));
        });
    }

    boolean isRunning(String name) {
        return names.contains(name);
    }

    Map<Integer, Dispatcher> running() {
        return running;
    }

    /** Stores whether a consumer is paused on all nodes, and follows that here. */
    Mono<Void> pause(String name, boolean paused) {
        return consumers
                .pause(name, paused)
                .then(Mono.defer(sweep::look))
                .doOnSuccess(looked -> node.wakeUp().committed(List.of(Hint.everything(Hint.ALL_CONSUMERS))));
    }

    /** Stops every consumer, side by side, and leaves the cluster. */
    Mono<Void> close() {
        closed = true;
        sweep.stop();
        listening.stop();
        return Flux.fromIterable(running.values())
                .flatMap(dispatcher -> stop(dispatcher).onErrorResume(this::report), Integer.MAX_VALUE)
                .then(Mono.defer(() -> started ? leases.stop() : Mono.empty()))
                // Its lock may be waited for, which no thread of the driver may do.
                .doFinally(end -> Schedulers.boundedElastic().schedule(handlerThreads::shutdown));
    }

    /** One consumer that cannot give back its partitions must not keep the others from ending. */
    private Mono<Void> report(Throwable error) {
        node.listener().failed("stop a consumer", error);
        return Mono.empty();
    }

    /** A registration that failed, or was cancelled before its consumer ran, leaves the name for the next. */
    private void freeName(String name, AtomicBoolean decided) {
        if (decided.compareAndSet(false, true)) {
            names.remove(name);
        }
    }

    private void require(ConsumerSpec<?> spec) {
        if (!started) {
            throw new InvalidConsumerException("Consumer '" + spec.name() + "' cannot start: start the bus first");
        }
        if (closed) {
            throw closed(spec.name());
        }
        Class<?> transaction = transactionOf(spec.handler());
        if (transaction != null && !transaction.isAssignableFrom(BusConnection.class)) {
            throw new InvalidConsumerException("Consumer '" + spec.name() + "' wants a transaction as "
                    + transaction.getName() + ", this bus offers " + Connection.class.getName());
        }
        if (!names.add(spec.name())) {
            throw new InvalidConsumerException("Consumer '" + spec.name() + "' runs on this bus already");
        }
    }

    private static @Nullable Class<?> transactionOf(Handler<?> handler) {
        if (handler instanceof Handler.TransactionalEach<?, ?> each) {
            return each.transaction();
        }
        return handler instanceof Handler.TransactionalBatch<?, ?> batch ? batch.transaction() : null;
    }

    private static InvalidConsumerException closed(String name) {
        return new InvalidConsumerException("Consumer '" + name + "' cannot start: the bus is closed");
    }

    /** Known as running before the look at {@code closed}: a close that comes later finds and stops it. */
    private Mono<RunningConsumer> run(Registered consumer) {
        Dispatcher dispatcher = new Dispatcher(consumer, node, leases, handlerThreads);
        running.put(consumer.id(), dispatcher);
        if (closed) {
            forget(dispatcher);
            return Mono.error(closed(consumer.name()));
        }
        node.wakeUp()
                .add(
                        consumer.id(),
                        dispatcher::wake,
                        () -> leases.holdsAll(consumer.id(), consumer.options().partitions()));
        dispatcher.start();
        PartitionLeases.Member member = dispatcher.member();
        leases.join(member);
        listening.start();
        return Mono.just(new Running(
                dispatcher, member, leases, Mono.defer(() -> stop(dispatcher)).cache()));
    }

    private Mono<Void> stop(Dispatcher dispatcher) {
        Duration grace = node.options().grace();
        node.wakeUp().remove(dispatcher.consumerId());
        Mono<Void> stopped = dispatcher.stop(grace);
        leases.drain(dispatcher.consumerId());
        return stopped.then(Mono.defer(() -> leases.leave(dispatcher.consumerId())))
                .doOnTerminate(() -> forget(dispatcher));
    }

    private void forget(Dispatcher dispatcher) {
        running.remove(dispatcher.consumerId(), dispatcher);
        names.remove(dispatcher.consumer().name());
    }

    private static Thread handlerThread(Runnable task) {
        Thread thread = new Thread(task, "penstock-handler");
        thread.setDaemon(true);
        return thread;
    }

    private record Running(
            Dispatcher dispatcher, PartitionLeases.Member member, PartitionLeases leases, Mono<Void> stopping)
            implements RunningConsumer {

        @Override
        public String name() {
            return dispatcher.consumer().name();
        }

        @Override
        public Mono<Void> pause() {
            return Mono.defer(() -> {
                dispatcher.pause();
                return leases.rest(member);
            });
        }

        @Override
        public Mono<Void> resume() {
            return Mono.fromRunnable(() -> {
                leases.rejoin(member);
                dispatcher.resume();
            });
        }

        @Override
        public Mono<Void> unsubscribe() {
            return stopping;
        }
    }
}
