package io.penstock.bus.spring;

import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;

/** What the parameters of a handler method are given, found out once. */
final class HandlerParameters {

    private final List<Source> sources;
    private final Class<?> payload;
    private final boolean batch;
    private final boolean connection;

    private HandlerParameters(List<Source> sources, Class<?> payload, boolean batch, boolean connection) {
        this.sources = sources;
        this.payload = payload;
        this.batch = batch;
        this.connection = connection;
    }

    /** Reads the method's signature as {@code bean} completes its type variables. */
    static HandlerParameters of(Method method, Class<?> bean) {
        List<Source> sources = new ArrayList<>();
        Class<?> payload = null;
        boolean batch = false;
        boolean connection = false;
        for (int i = 0; i < method.getParameterCount(); i++) {
            MethodParameter parameter = new MethodParameter(method, i).withContainingClass(bean);
            ResolvableType type = ResolvableType.forMethodParameter(parameter);
            Source known = known(parameter, type);
            Class<?> of = known != null ? null : payloadOf(type);
            batch |= known == null && isBatch(type);
            connection |= type.resolve() == Connection.class;
            payload = of == null ? payload : one(method, payload, of);
            sources.add(known != null ? known : eventSource(type));
        }
        return new HandlerParameters(sources, payload == null ? RawJson.class : payload, batch, connection);
    }

    Class<?> payload() {
        return payload;
    }

    boolean isBatch() {
        return batch;
    }

    boolean wantConnection() {
        return connection;
    }

    boolean wantSingleEvents() {
        return sources.stream().anyMatch(source -> source == Known.DELIVERY || source instanceof Header);
    }

    @Nullable
    Object[] values(Call call) {
        @Nullable Object[] values = new Object[sources.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = sources.get(i).of(call);
        }
        return values;
    }

    private static @Nullable Source known(MethodParameter parameter, ResolvableType type) {
        EventHeader header = parameter.getParameterAnnotation(EventHeader.class);
        if (header != null) {
            return header.value().isEmpty() ? Known.HEADERS : new Header(header.value());
        }
        if (type.resolve() == Delivery.class) {
            return Known.DELIVERY;
        }
        return type.resolve() == Connection.class ? Known.CONNECTION : null;
    }

    private static Source eventSource(ResolvableType type) {
        if (isBatch(type)) {
            return Known.EVENTS;
        }
        return type.resolve() == Event.class ? Known.EVENT : Known.PAYLOAD;
    }

    private static boolean isBatch(ResolvableType type) {
        return type.resolve() == List.class && type.getGeneric(0).resolve() == Event.class;
    }

    private static Class<?> payloadOf(ResolvableType type) {
        ResolvableType event = isBatch(type) ? type.getGeneric(0) : type;
        return event.resolve() == Event.class
                ? event.getGeneric(0).resolve(RawJson.class)
                : event.resolve(RawJson.class);
    }

    private static Class<?> one(Method method, @Nullable Class<?> before, Class<?> payload) {
        if (before != null && before != payload) {
            throw new InvalidConsumerException("The handler " + method + " takes two payloads, " + before.getName()
                    + " and " + payload.getName() + ": a parameter of another kind is an Event, a Delivery, a"
                    + " Connection or has @EventHeader");
        }
        return payload;
    }

    /** One call of a handler; {@code delivery} is there for single events, {@code connection} in transactions. */
    record Call(
            List<? extends Event<?>> events,
            @Nullable Delivery delivery,
            @Nullable Connection connection) {

        Event<?> event() {
            return events.get(0);
        }
    }

    private interface Source {
        @Nullable
        Object of(Call call);
    }

    private record Header(String name) implements Source {
        @Override
        public @Nullable Object of(Call call) {
            return call.event().headers().get(name);
        }
    }

    private enum Known implements Source {
        PAYLOAD {
            @Override
            public @Nullable Object of(Call call) {
                return call.event().payload();
            }
        },
        EVENT {
            @Override
            public @Nullable Object of(Call call) {
                return call.event();
            }
        },
        EVENTS {
            @Override
            public @Nullable Object of(Call call) {
                return call.events();
            }
        },
        HEADERS {
            @Override
            public @Nullable Object of(Call call) {
                return call.event().headers();
            }
        },
        DELIVERY {
            @Override
            public @Nullable Object of(Call call) {
                return call.delivery();
            }
        },
        CONNECTION {
            @Override
            public @Nullable Object of(Call call) {
                return call.connection();
            }
        }
    }
}
