package io.penstock.bus.spring;

import java.util.Set;

/** The bus and the transaction manager are on different connection factories: no event would commit with the data. */
final class OtherDatabaseException extends RuntimeException {

    OtherDatabaseException(Set<String> managers) {
        super("The bus is on another connection factory than the transaction manager "
                + String.join(", ", managers)
                + ": events would not commit with the application's data");
    }
}
