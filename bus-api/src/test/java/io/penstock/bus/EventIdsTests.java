package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EventIdsTests {

    private static final int THREADS = 8;
    private static final int IDS_EACH = 125_000;

    @Test
    void anIdIsAUuidOfVersion7AndOfTheRfcVariant() {
        assertThat(Stream.generate(EventIds::next).limit(10_000)).allSatisfy(id -> {
            assertThat(id.version()).isEqualTo(7);
            assertThat(id.variant()).isEqualTo(2);
        });
    }

    @Test
    void theFirst48BitsAreTheMillisecondsOfNow() {
        for (int i = 0; i < 10_000; i++) {
            long before = System.currentTimeMillis();
            long millis = millisOf(EventIds.next());

            assertThat(millis).isBetween(before, System.currentTimeMillis());
        }
    }

    @Test
    void idsOfLaterMillisecondsSortBehindEarlierOnesAsText() {
        UUID earlier = EventIds.next();
        UUID later = Stream.generate(EventIds::next)
                .filter(id -> millisOf(id) > millisOf(earlier))
                .findFirst()
                .orElseThrow();

        assertThat(later.toString()).isGreaterThan(earlier.toString());
        assertThat(later).isGreaterThan(earlier);
    }

    @Test
    void eachOfThe74RandomBitsIsSetInHalfOfTheIds() {
        int ids = 40_000;
        int[] set = new int[128];
        for (int i = 0; i < ids; i++) {
            UUID id = EventIds.next();
            for (int bit = 0; bit < 64; bit++) {
                set[bit] += (int) (id.getLeastSignificantBits() >>> bit & 1);
                set[64 + bit] += (int) (id.getMostSignificantBits() >>> bit & 1);
            }
        }

        // 0 to 61: rand_b; 64 to 75: rand_a. Eight standard deviations: 4 × sqrt(40000).
        assertThat(IntStream.concat(IntStream.rangeClosed(0, 61), IntStream.rangeClosed(64, 75))
                        .boxed())
                .allSatisfy(bit -> assertThat(set[bit]).as("bit %d", bit).isCloseTo(ids / 2, within(800)));
    }

    @Test
    void aMillionIdsOfEightThreadsAreAllDifferent() throws Exception {
        UUID[] all = new UUID[THREADS * IDS_EACH];
        CountDownLatch together = new CountDownLatch(THREADS);
        List<Callable<Void>> makers = IntStream.range(0, THREADS)
                .<Callable<Void>>mapToObj(maker -> () -> {
                    together.countDown();
                    together.await();
                    for (int i = 0; i < IDS_EACH; i++) {
                        all[maker * IDS_EACH + i] = EventIds.next();
                    }
                    return null;
                })
                .toList();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            for (Future<Void> made : threads.invokeAll(makers)) {
                made.get();
            }
        } finally {
            threads.shutdown();
        }

        Arrays.sort(all);

        assertThat(IntStream.range(1, all.length)
                        .filter(i -> all[i].equals(all[i - 1]))
                        .boxed())
                .isEmpty();
    }

    private static long millisOf(UUID id) {
        return id.getMostSignificantBits() >>> 16;
    }
}
