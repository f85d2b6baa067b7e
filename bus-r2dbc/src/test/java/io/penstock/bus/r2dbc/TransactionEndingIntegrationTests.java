package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What follows the end of a transaction is told how that ended, and changes nothing about it. */
class TransactionEndingIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final List<TransactionEnding> endings = new CopyOnWriteArrayList<>();

    @Test
    void aHandlersTransactionIsFollowedAfterItsCommitAndAfterItsRollback() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                handling(connection -> endings.isEmpty() ? Mono.error(new IllegalStateException()) : Mono.empty()));
        bus.publish(event()).block(PATIENCE);
        awaitThat(() -> endings.size() == 2);
        assertThat(endings).containsExactly(TransactionEnding.ROLLED_BACK, TransactionEnding.COMMITTED);
    }

    @Test
    void whatFollowsRunsOutsideOfTheTransactionAndMayBlock() {
        R2dbcEventBus bus = fixture.bus();
        List<Long> owed = new CopyOnWriteArrayList<>();
        fixture.subscribe(
                bus,
                following(
                        ending -> Mono.fromRunnable(() -> owed.add(fixture.count("inbox"))),
                        connection -> Mono.empty()));
        bus.publish(event()).block(PATIENCE);
        awaitThat(() -> !owed.isEmpty());
        assertThat(owed).containsExactly(0L);
    }

    @Test
    void anErrorInWhatFollowsIsToldAndTheDeliveryIsDone() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus, following(ending -> Mono.error(new IllegalStateException("no hat")), connection -> Mono.empty()));
        bus.publish(event()).block(PATIENCE);
        awaitThat(() -> fixture.count("inbox") == 0 && !fixture.listener.failures.isEmpty());
        assertThat(fixture.listener.failures)
                .singleElement()
                .satisfies(failure -> assertThat(failure).hasMessage("no hat"));
        assertThat(fixture.listener.retries).isEmpty();
    }

    @Test
    void whatWasTakenBackBeforeTheEndDoesNotFollow() {
        R2dbcEventBus bus = fixture.bus();
        bus.inTransaction(tx -> Mono.fromRunnable(() -> {
                    BusTransaction.follow(tx.connection(), this::noted).dispose();
                    BusTransaction.follow(tx.connection(), this::noted);
                }))
                .block(PATIENCE);
        assertThat(endings).containsExactly(TransactionEnding.COMMITTED);
    }

    @Test
    void aTransactionOfTheApplicationsThatIsCancelledIsRolledBack() {
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> begun = Sinks.empty();
        Disposable work = bus.inTransaction(tx -> {
                    BusTransaction.follow(tx.connection(), this::noted);
                    begun.tryEmitEmpty();
                    return Mono.never();
                })
                .subscribe();
        begun.asMono().block(PATIENCE);
        work.dispose();
        awaitThat(() -> endings.equals(List.of(TransactionEnding.ROLLED_BACK)));
    }

    @Test
    void aCommitThatTheServerRefusesIsARollback() {
        R2dbcEventBus bus = fixture.bus();
        atTheCommit("RAISE EXCEPTION 'no'");
        assertThatThrownBy(() -> bus.inTransaction(this::insert).block(PATIENCE))
                .isNotInstanceOf(PublishOutcomeUnknownException.class);
        assertThat(endings).containsExactly(TransactionEnding.ROLLED_BACK);
    }

    @Test
    void aCommitWithoutAnAnswerIsUnknown() {
        R2dbcEventBus bus = fixture.bus();
        atTheCommit("PERFORM pg_terminate_backend(pg_backend_pid())");
        assertThatThrownBy(() -> bus.inTransaction(this::insert).block(PATIENCE))
                .isInstanceOf(PublishOutcomeUnknownException.class);
        assertThat(endings).containsExactly(TransactionEnding.UNKNOWN);
    }

    @Test
    void aConnectionWithoutATransactionOfTheBusIsRefused() {
        Mono<Void> following = Mono.usingWhen(
                fixture.application.create(),
                connection -> Mono.fromRunnable(() -> BusTransaction.follow(connection, this::noted)),
                Connection::close);
        assertThatThrownBy(() -> following.block(PATIENCE)).isInstanceOf(IllegalArgumentException.class);
    }

    private void atTheCommit(String statement) {
        fixture.execute("CREATE TABLE %s.effect (n int)".formatted(fixture.schema()));
        fixture.execute(
                "CREATE FUNCTION %1$s.late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %2$s; RETURN NULL; END $$"
                        .formatted(fixture.schema(), statement));
        fixture.execute("""
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON %1$s.effect DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION %1$s.late()""".formatted(fixture.schema()));
    }

    private Mono<Void> insert(BusTransaction tx) {
        BusTransaction.follow(tx.connection(), this::noted);
        String sql = "INSERT INTO " + fixture.schema() + ".effect VALUES (1)";
        return Database.changed(tx.connection(), sql, statement -> {}).then();
    }

    private Mono<Void> noted(TransactionEnding ending) {
        return Mono.fromRunnable(() -> endings.add(ending));
    }

    private ConsumerSpec<?> handling(Function<Connection, Mono<Void>> handler) {
        return following(this::noted, handler);
    }

    private static ConsumerSpec<?> following(
            Function<TransactionEnding, Mono<Void>> follower, Function<Connection, Mono<Void>> handler) {
        return ConsumerSpec.named("writer")
                .on("*")
                .retry(RetryPolicy.attempts(5).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1)))
                .transactional(Connection.class, (event, connection) -> {
                    BusTransaction.follow(connection, follower);
                    return handler.apply(connection);
                });
    }

    private static Event<?> event() {
        return Event.of("order.placed", Map.of("id", 1));
    }
}
