package io.penstock.examples.shop;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what is wrong with the shop's data instead of showing a stack trace. */
final class KeptServerFailureAnalyzer extends AbstractFailureAnalyzer<KeptServerException> {

    @Override
    protected FailureAnalysis analyze(Throwable failure, KeptServerException cause) {
        return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
    }
}
