package io.penstock.bus.spring;

import io.penstock.bus.r2dbc.TransactionEnding;
import java.util.List;
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
 *
 * <p>Design note: a handler may work on after its transaction has ended. So the manager that it sees is never changed: it
 * is to find the ended connection, which refuses it, and not, finding none, to write outside of any transaction. Nor may
 * that manager be this transaction's just then: in one of its own inside, Spring keeps what was registered here elsewhere.
 */
final class HandlerSynchronizations {

    private static final Logger LOG = LoggerFactory.getLogger(HandlerSynchronizations.class);

    private final TransactionSynchronizationManager manager;
    private final Mark mark = new Mark();
    private volatile List<TransactionSynchronization> suspended = List.of();

    private HandlerSynchronizations(TransactionSynchronizationManager manager) {
        this.manager = manager;
    }

    static HandlerSynchronizations begin(TransactionSynchronizationManager manager) {
        HandlerSynchronizations synchronizations = new HandlerSynchronizations(manager);
        manager.initSynchronization();
        manager.registerSynchronization(synchronizations.mark);
        return synchronizations;
    }

    boolean isEmpty() {
        return registered().stream().allMatch(mark::equals);
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

    /** To be run outside of the transaction: what is published here has one of its own. */
    Mono<Void> afterEnd(TransactionEnding ending) {
        return Mono.defer(() -> {
            List<TransactionSynchronization> registered = registered();
            Mono<Void> committed = ending == TransactionEnding.COMMITTED
                    ? each(registered, TransactionSynchronization::afterCommit)
                    : Mono.empty();
            Mono<Void> completed = each(registered, each -> each.afterCompletion(status(ending)));
            return Flux.concatDelayError(Flux.just(committed, completed)).then();
        });
    }

    /** Those of this transaction, though the manager may have gone on to another one. */
    private List<TransactionSynchronization> registered() {
        List<TransactionSynchronization> current =
                manager.isSynchronizationActive() ? manager.getSynchronizations() : List.of();
        return current.contains(mark) ? current : suspended;
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

    /** Registered in this transaction alone, and told when Spring is about to put it aside. */
    private final class Mark implements TransactionSynchronization {

        @Override
        public Mono<Void> suspend() {
            return Mono.fromRunnable(() -> suspended = manager.getSynchronizations());
        }
    }
}
