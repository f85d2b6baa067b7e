package io.penstock.bus.spring;

import io.penstock.bus.r2dbc.BusTransaction;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.util.Set;
import java.util.function.Function;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.reactive.TransactionContextManager;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Makes the transaction in which the bus delivers Spring's current one while the handler runs: what uses Spring's
 * transactions joins it, and nobody but the bus ends it.
 *
 * <p>Design note: the connection is bound as {@code R2dbcTransactionManager} binds its own, under each factory that an
 * application may use, so that {@code @Transactional} finds a transaction to take part in. A participant that wants to
 * roll back marks the holder, as always; the delivery then fails, and the bus rolls back. What participants asked to be
 * done around the commit is done where a transaction manager would do it: {@link HandlerSynchronizations}.
 */
final class DeliveryTransaction {

    private final Set<ConnectionFactory> factories;

    DeliveryTransaction(Set<ConnectionFactory> factories) {
        this.factories = factories;
    }

    Mono<Void> join(Connection connection, Mono<Void> handling) {
        return Mono.deferContextual(
                outer -> inTransactionContext(manager -> run(manager, connection, handling, outer)));
    }

    private Mono<Void> run(
            TransactionSynchronizationManager manager, Connection connection, Mono<Void> handling, ContextView outer) {
        DeliveryConnectionHolder holder = new DeliveryConnectionHolder(connection);
        factories.forEach(factory -> manager.bindResource(factory, holder));
        manager.setActualTransactionActive(true);
        HandlerSynchronizations synchronizations = HandlerSynchronizations.begin(manager);
        Disposable following = BusTransaction.follow(
                connection,
                // Resources of other databases are given back by synchronizations that ask for a manager.
                ending -> inTransactionContext(outside -> synchronizations.afterEnd(ending))
                        .contextWrite(outer));
        return handling.then(Mono.defer(() -> requireCommittable(holder)))
                .then(Mono.defer(synchronizations::beforeCommit))
                .then(Mono.defer(() -> requireCommittable(holder)))
                .onErrorResume(error -> synchronizations.beforeCompletion().then(Mono.error(error)))
                .then(Mono.defer(synchronizations::beforeCompletion))
                .doOnTerminate(() -> {
                    // What follows waits for a thread of its own: nothing need, if there is nothing to be done.
                    if (synchronizations.isEmpty()) {
                        following.dispose();
                    }
                });
    }

    /** With a manager of transactions that has none yet. */
    private static Mono<Void> inTransactionContext(Function<TransactionSynchronizationManager, Mono<Void>> work) {
        return TransactionSynchronizationManager.forCurrentTransaction()
                .flatMap(work)
                .contextWrite(TransactionContextManager.getOrCreateContext())
                .contextWrite(TransactionContextManager.getOrCreateContextHolder());
    }

    private static Mono<Void> requireCommittable(DeliveryConnectionHolder holder) {
        return holder.isRollbackOnly()
                ? Mono.error(new UnexpectedRollbackException(
                        "Code in the handler marked its transaction as rollback-only, and no error told of it"))
                : Mono.empty();
    }
}
