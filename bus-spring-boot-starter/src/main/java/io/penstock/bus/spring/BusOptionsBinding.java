package io.penstock.bus.spring;

import io.penstock.bus.EventCodec;
import io.penstock.bus.EventLimits;
import io.penstock.bus.r2dbc.BusOptions;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** Makes the bus's options of the application's properties; what the bus refuses is said in terms of the properties. */
final class BusOptionsBinding {

    private final PenstockProperties properties;

    BusOptionsBinding(PenstockProperties properties) {
        this.properties = properties;
    }

    BusOptions options(@Nullable String application, EventCodec codec) {
        EventLimits limits = limits();
        BusOptions.Builder options = BusOptions.builder()
                .schema(properties.schema())
                .schemaMode(properties.schemaMode())
                .codec(codec)
                .limits(limits)
                .connections(properties.connections())
                .pollInterval(properties.pollInterval())
                .lease(properties.lease())
                .retention(properties.retention())
                .retentionInterval(properties.retentionInterval())
                .grace(properties.grace())
                .acquireTimeout(properties.acquireTimeout())
                .notifications(properties.notifications())
                .maxPendingPublishes(properties.maxPendingPublishes());
        name(options, application);
        try {
            return options.build();
        } catch (IllegalArgumentException refusal) {
            throw PropertyRefusedException.of("penstock.", refusal);
        }
    }

    private void name(BusOptions.Builder options, @Nullable String application) {
        String source = properties.source() != null ? properties.source() : application;
        if (source != null) {
            options.source(source);
        }
        if (properties.node() != null) {
            options.node(properties.node());
        }
    }

    private EventLimits limits() {
        PenstockProperties.Limits limits = properties.limits();
        try {
            return new EventLimits(
                    bytes("max-payload", limits.maxPayload()),
                    limits.maxHeaders(),
                    bytes("max-header-size", limits.maxHeaderSize()),
                    limits.maxNameLength());
        } catch (IllegalArgumentException refusal) {
            throw PropertyRefusedException.of("penstock.limits.", refusal);
        }
    }

    private static int bytes(String name, DataSize size) {
        if (size.toBytes() < 1 || size.toBytes() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + " is " + size + ", allowed are 1B to 2047MB");
        }
        return (int) size.toBytes();
    }
}
