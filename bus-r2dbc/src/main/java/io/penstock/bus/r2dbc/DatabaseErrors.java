package io.penstock.bus.r2dbc;

import io.penstock.bus.SchemaException;
import io.r2dbc.spi.R2dbcException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The only place that knows SQLSTATEs (PostgreSQL documentation, appendix A). */
final class DatabaseErrors {

    private static final Set<String> UNDEFINED = Set.of("42P01", "3F000", "42703", "42501");
    private static final String CONNECTION_CLASS = "08";
    private static final String OPERATOR_CLASS = "57P";

    private DatabaseErrors() {}

    /** Whether a statement that failed like this may have been committed all the same. */
    static boolean isOutcomeUnknown(Throwable error) {
        if (error instanceof SchemaException) {
            return false;
        }
        String state = sqlState(error);
        return state == null || state.startsWith(CONNECTION_CLASS) || state.startsWith(OPERATOR_CLASS);
    }

    /** The same error, or one that says what to do about a missing schema. */
    static Throwable explained(Throwable error, SchemaName schema) {
        String state = sqlState(error);
        if (state == null || !UNDEFINED.contains(state)) {
            return error;
        }
        return new SchemaException(
                "The schema " + schema + " is not what this version of Penstock needs: " + error.getMessage()
                        + "; start the bus with SchemaMode.MIGRATE or run the SQL files",
                error);
    }

    private static @Nullable String sqlState(Throwable error) {
        return error instanceof R2dbcException database ? database.getSqlState() : null;
    }
}
