package io.penstock.bus.spring;

import io.penstock.bus.r2dbc.TransactionEnding;
import io.r2dbc.spi.ConnectionFactory;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Does what code in a handler's transaction asked Spring to do around its end, in the order in which Spring's transaction
 * managers do it. Only an error before the commit keeps the transaction from it.
 */
final class HandlerSynchronizations {

    private static final Logger LOG = LoggerFactory.getLogger(HandlerSynchronizations.class);

    private final TransactionSynchronizationManager manager;
    private final Set<ConnectionFactory> factories;

    HandlerSynchronizations(TransactionSynchronizationManager manager, Set<ConnectionFactory> factories) {
        this.manager = manager;
        this.factories = factories;
    }

    Mono<Void> beforeCommit() {
        return Flux.fromIterable(registered())
                .concatMap(synchronization -> synchronization.beforeCommit(manager.isCurrentTransactionReadOnly()))
                .then();
    }

    Mono<Void> beforeCompletion() {
        return each(registered(), TransactionSynchronization::beforeCompletion)
                .doOnError(error -> LOG.debug("A synchronization failed before its transaction's completion", error))
                .onErrorComplete();
    }

    /** Outside of the transaction: what is published here has one of its own. */
    Mono<Void> afterEnd(TransactionEnding ending) {
        return Mono.defer(() -> {
            List<TransactionSynchronization> registered = registered();
            leaveTransaction();
            Mono<Void> committed = ending == TransactionEnding.COMMITTED
                    ? each(registered, TransactionSynchronization::afterCommit)
                    : Mono.empty();
            Mono<Void> completed = each(registered, each -> each.afterCompletion(status(ending)));
            return Flux.concatDelayError(Flux.just(committed, completed)).then();
        });
    }

    private List<TransactionSynchronization> registered() {
        return manager.isSynchronizationActive() ? manager.getSynchronizations() : List.of();
    }

    private void leaveTransaction() {
        factories.forEach(manager::unbindResourceIfPossible);
        manager.setActualTransactionActive(false);
        if (manager.isSynchronizationActive()) {
            manager.clearSynchronization();
        }
    }

    private static int status(TransactionEnding ending) {
        return switch (ending) {
            case COMMITTED -> TransactionSynchronization.STATUS_COMMITTED;
            case ROLLED_BACK -> TransactionSynchronization.STATUS_ROLLED_BACK;
            case UNKNOWN -> TransactionSynchronization.STATUS_UNKNOWN;
        };
    }

    private static Mono<Void> each(
            List<TransactionSynchronization> synchronizations, Function<TransactionSynchronization, Mono<Void>> call) {
        return Flux.fromIterable(synchronizations)
                .concatMapDelayError(synchronization -> Mono.defer(() -> call.apply(synchronization)))
                .then();
    }
}
