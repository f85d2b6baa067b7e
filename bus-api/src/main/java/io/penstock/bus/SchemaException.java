package io.penstock.bus;

/** The database schema is not what this version of Penstock needs; names the schema and what is missing. */
public final class SchemaException extends PenstockException {

    public SchemaException(String message) {
        super(message);
    }

    public SchemaException(String message, Throwable cause) {
        super(message, cause);
    }
}
