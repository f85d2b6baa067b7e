package io.penstock.bus.r2dbc;

import io.penstock.bus.SchemaException;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcRollbackException;
import io.r2dbc.spi.R2dbcTransientException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The only place that knows SQLSTATEs (PostgreSQL documentation, appendix A). */
final class DatabaseErrors {

    private static final Set<String> UNDEFINED = Set.of("42P01", "3F000", "42703", "42501");
    // Transaction rollback, insufficient resources, object not in prerequisite state (a lock timeout, say).
    private static final Set<String> PASSING_CLASSES = Set.of("40", "53", "55");
    private static final String NO_SUCH_STATEMENT = "26000";
    private static final String ROLLBACK_CLASS = "40";
    private static final String UNIQUE_VIOLATION = "23505";
    private static final int DEEPEST_CAUSE = 16;
    private static final String CONNECTION_CLASS = "08";
    private static final String OPERATOR_CLASS = "57P";

    private DatabaseErrors() {}

    /** Whether a statement that failed like this may have been committed all the same: no answer came. */
    static boolean isOutcomeUnknown(Throwable error) {
        if (error instanceof R2dbcRollbackException) {
            return false;
        }
        if (error instanceof R2dbcException database) {
            String state = database.getSqlState();
            return state == null || state.startsWith(CONNECTION_CLASS) || state.startsWith(OPERATOR_CLASS);
        }
        return error instanceof IOException || error instanceof TimeoutException;
    }

    /** Whether the same statement may succeed when it is repeated. */
    static boolean isPassing(Throwable error) {
        if (isOutcomeUnknown(error) || error instanceof R2dbcTransientException) {
            return true;
        }
        String state = sqlState(error);
        return state != null && PASSING_CLASSES.contains(state.substring(0, 2));
    }

    /** Whether a row with a value that has to be unique is there already. */
    static boolean isDuplicate(Throwable error) {
        return UNIQUE_VIOLATION.equals(sqlState(error));
    }

    /** Whether a prepared statement is not, or not any more. */
    static boolean isStatementUnknown(Throwable error) {
        return NO_SUCH_STATEMENT.equals(sqlState(error));
    }

    /** Whether a transaction lost against another one, wherever in the chain of causes that is said. */
    static boolean isConflict(Throwable error) {
        Throwable at = error;
        for (int depth = 0; at != null && depth < DEEPEST_CAUSE; depth++, at = causeOf(at)) {
            String state = sqlState(at);
            if (state != null && state.startsWith(ROLLBACK_CLASS)) {
                return true;
            }
        }
        return false;
    }

    /** The application's exceptions may throw anything when asked. */
    private static @Nullable Throwable causeOf(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable hostile) {
            return null;
        }
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
