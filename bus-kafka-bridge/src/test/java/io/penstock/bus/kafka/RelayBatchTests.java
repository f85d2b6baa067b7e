package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.PostponeException;
import io.penstock.bus.RawJson;
import io.penstock.bus.kafka.RelayBatch.Outgoing;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class RelayBatchTests {

    private final RelayBatch batch = new RelayBatch();

    @Test
    void aWaveHasTheFirstOfEachKeyAndAllWithoutAKey() {
        Event<RawJson> a1 = add("a");
        add("a");
        Event<RawJson> b1 = add("b");
        Event<RawJson> free = add(null);
        Event<RawJson> alsoFree = add(null);

        assertThat(batch.wave()).extracting(Outgoing::event).containsExactly(a1, b1, free, alsoFree);
    }

    @Test
    void theNextOfAKeyFollowsTheOneThatWasSent() {
        add("a");
        Event<RawJson> a2 = add("a");

        batch.sent(batch.wave().get(0));

        assertThat(batch.wave()).extracting(Outgoing::event).containsExactly(a2);
        batch.sent(batch.wave().get(0));
        assertThat(batch.hasMore()).isFalse();
        assertThat(batch.failures()).isEmpty();
    }

    @Test
    void afterAFailureNoneOfTheKeyFollowsAndAllAreNamed() {
        Event<RawJson> a1 = add("a");
        Event<RawJson> a2 = add("a");
        Event<RawJson> b1 = add("b");
        Throwable cause = new IllegalStateException("no");

        batch.failed(batch.wave().get(0), cause);

        assertThat(batch.wave()).extracting(Outgoing::event).containsExactly(b1);
        assertThat(batch.failures()).containsOnlyKeys(a1.id(), a2.id()).containsEntry(a1.id(), cause);
        assertThat(batch.failures().get(a2.id())).isInstanceOf(PostponeException.class);
    }

    @Test
    void anEventWithoutARecordHoldsBackThoseBehindItButNotThoseBeforeIt() {
        Event<RawJson> a1 = add("a");
        Event<RawJson> a2 = event("a");
        batch.addFailed(a2, new IllegalStateException("no route"));
        Event<RawJson> a3 = add("a");
        Event<RawJson> a4 = event("a");
        batch.addFailed(a4, new IllegalStateException("no route"));

        assertThat(batch.wave()).extracting(Outgoing::event).containsExactly(a1);
        Map<UUID, Throwable> failures = batch.failures();
        assertThat(failures).containsOnlyKeys(a2.id(), a3.id(), a4.id());
        assertThat(failures.get(a2.id())).isInstanceOf(IllegalStateException.class);
        assertThat(List.of(failures.get(a3.id()), failures.get(a4.id())))
                .allSatisfy(error -> assertThat(error).isInstanceOf(PostponeException.class));
    }

    @Test
    void whatIsLeftIsPostponed() {
        Event<RawJson> a1 = add("a");
        Event<RawJson> a2 = add("a");

        batch.leave("time is over");

        assertThat(batch.hasMore()).isFalse();
        assertThat(batch.failures()).containsOnlyKeys(a1.id(), a2.id());
        assertThat(batch.failures().values())
                .allSatisfy(error ->
                        assertThat(error).isInstanceOf(PostponeException.class).hasMessage("time is over"));
    }

    private Event<RawJson> add(String key) {
        Event<RawJson> event = event(key);
        batch.add(event, new ProducerRecord<>("t", new byte[0]));
        return event;
    }

    private static Event<RawJson> event(String key) {
        return Event.builder("order.placed", new RawJson("1")).key(key).build();
    }
}
