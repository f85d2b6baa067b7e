package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** That the other tests would say so if the bus blocked a thread of Reactor's. */
class BlockingCallsTests {

    @Test
    void whatBlocksAThreadOfReactorsIsFound() {
        BlockingCalls.assertNone();

        Mono.fromRunnable(() -> LockSupport.parkNanos(1))
                .subscribeOn(Schedulers.parallel())
                .block(PATIENCE);

        assertThatThrownBy(BlockingCalls::assertNone).hasMessageContaining("park");
    }
}
