package io.penstock.benchmarks;

import io.r2dbc.spi.Connection;
import java.sql.SQLException;
import java.util.List;
import reactor.core.publisher.Mono;

/** The application's own table: what transactions write besides events. */
final class Orders {

    private static final String TABLE =
            "CREATE TABLE business_order (number int4 PRIMARY KEY, customer text NOT NULL, cents int8 NOT NULL)";
    private static final String INSERT = "INSERT INTO business_order (number, customer, cents) VALUES ($1, $2, $3)";
    private static final String INSERT_ALL = """
            INSERT INTO business_order (number, customer, cents)
            SELECT * FROM unnest($1::int4[], $2::text[], $3::int8[])
            """;

    private Orders() {}

    /** The same database with the table. */
    static Template in(Template template) {
        return new Template(template.name() + "_orders", bench -> {
            template.seeding().fill(bench);
            Jdbc.run(bench.database(), TABLE);
        });
    }

    static Mono<Void> insert(Connection connection, Payload order) {
        return R2dbc.changed(
                        connection,
                        INSERT,
                        statement -> statement
                                .bind(0, order.number())
                                .bind(1, order.customer())
                                .bind(2, order.cents()))
                .then();
    }

    static Mono<Void> insert(Connection connection, List<Payload> orders) {
        return R2dbc.changed(
                        connection,
                        INSERT_ALL,
                        statement -> statement
                                .bind(0, orders.stream().map(Payload::number).toArray(Integer[]::new))
                                .bind(1, orders.stream().map(Payload::customer).toArray(String[]::new))
                                .bind(2, orders.stream().map(Payload::cents).toArray(Long[]::new)))
                .then();
    }

    static void require(Bench.Address database, long expected) throws SQLException {
        Jdbc.require(database, "orders written", "SELECT count(*) FROM business_order", expected);
    }
}
