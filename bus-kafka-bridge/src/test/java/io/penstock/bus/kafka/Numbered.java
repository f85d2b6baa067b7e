package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Events that carry a number, which rises within each key, and the look at what arrived of them. */
final class Numbered {

    private Numbered() {}

    static List<Event<RawJson>> events(int from, int count, int keys) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> Event.builder("order.placed", new RawJson(Integer.toString(i)))
                        .key("k" + i % keys)
                        .build())
                .toList();
    }

    /** Each number is there, and each for the first time in the order of its key; emits how many were there twice. */
    static int assertComplete(List<ConsumerRecord<byte[], byte[]>> records, int count) {
        Set<Integer> seen = new HashSet<>();
        Map<String, Integer> last = new LinkedHashMap<>();
        int repeated = 0;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            int number = Integer.parseInt(Topics.text(record.value()));
            if (seen.add(number)) {
                Integer before = last.put(Topics.text(record.key()), number);
                assertThat(before == null || before < number)
                        .as(number + " after " + before)
                        .isTrue();
            } else {
                repeated++;
            }
        }
        assertThat(seen).hasSize(count);
        return repeated;
    }
}
