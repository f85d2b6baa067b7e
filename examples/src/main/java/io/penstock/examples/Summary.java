package io.penstock.examples;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * What a run did, in figures.
 *
 * @param stats where the consumers stood at its end
 * @param took from the first line read until everything was delivered
 */
record Summary(Tally tally, BusStats stats, List<String> consumers, Duration took) {

    @Override
    public String toString() {
        double seconds = took.toMillis() / 1000.0;
        String orders = text("%,10d", tally.imported())
                + text("  (%,d already imported, %,d malformed lines)", tally.alreadyImported(), tally.malformed());
        String dead = text("%,10d", sum(ConsumerStats::dead))
                + text("  (%,d orders parked behind them, %,d redriven)", sum(ConsumerStats::parked), tally.redriven());
        return String.join(
                System.lineSeparator(),
                "orders      " + orders,
                "events      " + text("%,10d", tally.published()),
                "invoices    " + text("%,10d", tally.completed(Invoicing.NAME)),
                "shipments   " + text("%,10d", tally.completed(Shipping.NAME)),
                "audited     " + text("%,10d", tally.completed(Audit.NAME)),
                "retries     " + text("%,10d", tally.retried()),
                "dead letters" + dead,
                "seconds     " + text("%,10.2f", seconds),
                "events/s    " + text("%,10.0f", seconds == 0 ? 0 : tally.published() / seconds));
    }

    private long sum(ToLongFunction<ConsumerStats> figure) {
        return consumers.stream().map(stats::of).mapToLong(figure).sum();
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
