package io.penstock.bus.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says how the bus and the transaction manager come to the same connection factory. */
final class OtherDatabaseFailureAnalyzer extends AbstractFailureAnalyzer<OtherDatabaseException> {

    @Override
    protected FailureAnalysis analyze(Throwable failure, OtherDatabaseException other) {
        return new FailureAnalysis(
                other.getMessage() + ".",
                "Mark the connection factory of the transaction manager as @Primary, or define an R2dbcTransactionManager"
                        + " bean on the connection factory that the bus is to use.",
                other);
    }
}
