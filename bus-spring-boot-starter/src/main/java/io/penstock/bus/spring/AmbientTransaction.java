package io.penstock.bus.spring;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.util.Optional;
import java.util.Set;
import org.springframework.r2dbc.connection.ConnectionHolder;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.NoTransactionException;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import reactor.core.publisher.Mono;

/** The transaction that Spring has begun for the subscriber, if there is one. */
final class AmbientTransaction {

    private static final String ELSEWHERE = "The current transaction is not on the bus's connection factory: an event"
            + " published in it would not commit with it. Publish after it, or in a transaction of the bus's database";

    private final TransactionSynchronizationManager synchronization;
    private final ConnectionHolder holder;

    private AmbientTransaction(TransactionSynchronizationManager synchronization, ConnectionHolder holder) {
        this.synchronization = synchronization;
        this.holder = holder;
    }

    /**
     * Emits the transaction on one of these connection factories, or empty outside of any. Errors inside a transaction
     * of some other manager: an event published there would look as if it committed with that one's data.
     */
    static Mono<Optional<AmbientTransaction>> current(Set<ConnectionFactory> factories) {
        return TransactionSynchronizationManager.forCurrentTransaction()
                .filter(TransactionSynchronizationManager::isActualTransactionActive)
                .map(synchronization -> Optional.of(find(synchronization, factories)))
                .onErrorResume(NoTransactionException.class, none -> Mono.empty())
                .switchIfEmpty(Mono.defer(AmbientTransaction::none));
    }

    /**
     * A transaction of a thread, as JDBC's, is another one too: whoever blocks for the publish would be in it. It looks
     * active until all is done that follows its completion; by then no more can be registered with it.
     */
    private static Mono<Optional<AmbientTransaction>> none() {
        return isThreadInTransaction()
                ? Mono.error(new IllegalTransactionStateException(ELSEWHERE))
                : Mono.just(Optional.empty());
    }

    private static boolean isThreadInTransaction() {
        return org.springframework.transaction.support.TransactionSynchronizationManager.isActualTransactionActive()
                && org.springframework.transaction.support.TransactionSynchronizationManager.isSynchronizationActive();
    }

    Connection connection() {
        return holder.getConnection();
    }

    /** The bus tells of what is published in its own transactions by itself. */
    void afterCommit(Runnable action) {
        if (!(holder instanceof DeliveryConnectionHolder) && synchronization.isSynchronizationActive()) {
            synchronization.registerSynchronization(new AfterCommit(action));
        }
    }

    private static AmbientTransaction find(
            TransactionSynchronizationManager synchronization, Set<ConnectionFactory> factories) {
        for (ConnectionFactory factory : factories) {
            if (synchronization.getResource(factory) instanceof ConnectionHolder holder) {
                return new AmbientTransaction(synchronization, holder);
            }
        }
        throw new IllegalTransactionStateException(ELSEWHERE);
    }

    private record AfterCommit(Runnable action) implements TransactionSynchronization {

        @Override
        public Mono<Void> afterCommit() {
            return Mono.fromRunnable(action);
        }
    }
}
