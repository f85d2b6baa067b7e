package io.penstock.bus.spring;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.util.Set;
import java.util.function.Supplier;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.reactive.TransactionContextManager;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import reactor.core.publisher.Mono;

/**
 * Makes the transaction in which the bus delivers Spring's current one while the handler runs: what uses Spring's
 * transactions joins it, and nobody but the bus ends it.
 *
 * <p>Design note: the connection is bound as {@code R2dbcTransactionManager} binds its own, under each factory that an
 * application may use, so that {@code @Transactional} finds a transaction to take part in. A participant that wants to
 * roll back marks the holder, as always; the delivery then fails, and the bus rolls back.
 */
final class DeliveryTransaction {

    private final Set<ConnectionFactory> factories;

    DeliveryTransaction(Set<ConnectionFactory> factories) {
        this.factories = factories;
    }

    Mono<Void> join(Connection connection, Supplier<Mono<Void>> handler) {
        return TransactionSynchronizationManager.forCurrentTransaction()
                .flatMap(synchronization -> run(synchronization, new DeliveryConnectionHolder(connection), handler))
                .contextWrite(TransactionContextManager.getOrCreateContext())
                .contextWrite(TransactionContextManager.getOrCreateContextHolder());
    }

    private Mono<Void> run(
            TransactionSynchronizationManager synchronization,
            DeliveryConnectionHolder holder,
            Supplier<Mono<Void>> handler) {
        factories.forEach(factory -> synchronization.bindResource(factory, holder));
        synchronization.setActualTransactionActive(true);
        synchronization.initSynchronization();
        return handler.get().then(Mono.defer(() -> requireCommittable(holder)));
    }

    private static Mono<Void> requireCommittable(DeliveryConnectionHolder holder) {
        return holder.isRollbackOnly()
                ? Mono.error(new UnexpectedRollbackException(
                        "Code in the handler marked its transaction as rollback-only, and no error told of it"))
                : Mono.empty();
    }
}
