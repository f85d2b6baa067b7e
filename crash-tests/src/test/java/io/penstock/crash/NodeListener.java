package io.penstock.crash;

import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Collection;

/** Tells the rig of what the bus does, and dies where it is asked to. */
final class NodeListener implements BusListener {

    private final Failpoints failpoints;
    private final boolean talks;

    NodeListener(Failpoints failpoints, boolean talks) {
        this.failpoints = failpoints;
        this.talks = talks;
    }

    @Override
    public void claimed(String consumer, int deliveries) {
        if (deliveries > 0) {
            if (talks) {
                Tell.line("claimed " + consumer + " " + deliveries);
            }
            failpoints.pass(Failpoint.CLAIMED);
        }
    }

    @Override
    public void started(Delivery delivery) {
        tell("started", delivery);
        failpoints.pass(Failpoint.STARTED);
    }

    @Override
    public void completed(Delivery delivery, Duration handling) {
        tell("completed", delivery);
        failpoints.pass(Failpoint.COMPLETED);
    }

    @Override
    public void duplicate(Delivery delivery) {
        tell("duplicate", delivery);
    }

    @Override
    public void retried(Delivery delivery, Outcome.Retry retry) {
        tell("retried", delivery);
    }

    @Override
    public void released(Delivery delivery, Outcome.Released released) {
        tell("released", delivery);
    }

    @Override
    public void deadLettered(DeadLetter letter) {
        Tell.line("dead " + letter.consumer() + " " + letter.event().id() + " " + letter.attempts());
    }

    @Override
    public void leased(String consumer, Collection<Integer> partitions) {
        Tell.line("leased " + consumer + " " + partitions.size());
    }

    @Override
    public void unleased(String consumer, Collection<Integer> partitions) {
        Tell.line("unleased " + consumer + " " + partitions.size());
    }

    @Override
    public void retired(long events) {
        Tell.line("retired " + events);
    }

    @Override
    public void failed(String step, Throwable error) {
        System.err.println(LocalTime.now(ZoneOffset.UTC) + " failed " + step + ": " + error);
    }

    private void tell(String what, Delivery delivery) {
        if (talks) {
            Tell.line(what + " " + delivery.consumer() + " " + delivery.event().id() + " " + delivery.attempt());
        }
    }
}
