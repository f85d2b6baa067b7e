package io.penstock.bus.spring;

import io.penstock.bus.InvalidConsumerException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which consumer cannot be as it is declared, and what it may be instead. */
final class InvalidConsumerFailureAnalyzer extends AbstractFailureAnalyzer<InvalidConsumerException> {

    @Override
    protected FailureAnalysis analyze(Throwable failure, InvalidConsumerException refused) {
        return new FailureAnalysis(
                "The bus refuses a consumer: " + refused.getMessage() + ".",
                "Correct the declaration of the consumer.",
                refused);
    }
}
