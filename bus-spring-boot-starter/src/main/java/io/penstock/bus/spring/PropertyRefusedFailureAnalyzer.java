package io.penstock.bus.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says of a refused property which one to change, and to what. */
final class PropertyRefusedFailureAnalyzer extends AbstractFailureAnalyzer<PropertyRefusedException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable failure, PropertyRefusedException refused) {
        return new FailureAnalysis(
                "The bus refuses a property: " + refused.getMessage() + ".",
                "Give " + refused.property() + " a value that is allowed, or remove it to use the default.",
                refused);
    }
}
