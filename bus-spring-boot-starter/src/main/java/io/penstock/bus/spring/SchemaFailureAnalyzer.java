package io.penstock.bus.spring;

import io.penstock.bus.SchemaException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says how the schema of the bus comes to the version it needs. */
final class SchemaFailureAnalyzer extends AbstractFailureAnalyzer<SchemaException> {

    @Override
    protected FailureAnalysis analyze(Throwable failure, SchemaException schema) {
        return new FailureAnalysis(
                "The bus cannot use its schema: " + schema.getMessage(),
                "Set penstock.schema-mode to migrate, apply the scripts in io/penstock/bus/r2dbc/schema by your own"
                        + " migrations, or correct penstock.schema.",
                schema);
    }
}
