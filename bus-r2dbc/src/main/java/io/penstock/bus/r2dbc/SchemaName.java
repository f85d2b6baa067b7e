package io.penstock.bus.r2dbc;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The one place where the schema's name enters SQL: checked, then quoted. */
final class SchemaName {

    private static final Pattern ALLOWED = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_ -]*");
    private static final int LONGEST = 63;
    private static final String PLACEHOLDER = "${schema}";

    private final String quoted;
    private final String channel;

    SchemaName(String name) {
        require(name);
        this.quoted = '"' + name + '"';
        this.channel = "penstock_%016x".formatted(KeyHash.of(name));
    }

    static void require(String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LONGEST || name.startsWith("pg_") || !ALLOWED.matcher(name).matches()) {
            throw new IllegalArgumentException("schema is '" + name.replaceAll("\\p{Cntrl}", "�")
                    + "', allowed are letters, digits, '_', '-' and spaces, at most 63 bytes, not starting with a digit"
                    + " or 'pg_'");
        }
    }

    /** The statement with the schema's name put in. */
    String in(String sql) {
        return sql.replace(PLACEHOLDER, quoted);
    }

    /** The channel for the notifications of this schema's nodes: a plain identifier whatever the schema is called. */
    String channel() {
        return channel;
    }

    @Override
    public String toString() {
        return quoted;
    }
}
