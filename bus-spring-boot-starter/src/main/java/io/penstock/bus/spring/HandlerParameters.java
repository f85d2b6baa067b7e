package io.penstock.bus.spring;

import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;

/** What the parameters of a handler method are given, found out once. */
final class HandlerParameters {

    private static final String CONTINUATION = "kotlin.coroutines.Continuation";

    private static final ResolvableType HEADERS =
            ResolvableType.forClassWithGenerics(Map.class, String.class, String.class);

    private final List<Source> sources;
    private final Class<?> payload;
    private final boolean suspending;

    private HandlerParameters(List<Source> sources, Class<?> payload, boolean suspending) {
        this.sources = sources;
        this.payload = payload;
        this.suspending = suspending;
    }

    /** Reads the method's signature as {@code bean} completes its type variables. */
    static HandlerParameters of(Method method, Class<?> bean) {
        List<Source> sources = new ArrayList<>();
        Class<?> payload = null;
        boolean suspending = isSuspending(method);
        for (int i = 0; i < method.getParameterCount() - (suspending ? 1 : 0); i++) {
            MethodParameter parameter = new MethodParameter(method, i).withContainingClass(bean);
            ResolvableType type = ResolvableType.forMethodParameter(parameter);
            Source known = known(parameter, type);
            if (known == null) {
                payload = one(payload, payloadOf(type));
            }
            sources.add(known != null ? known : eventSource(type));
        }
        return new HandlerParameters(sources, payload == null ? RawJson.class : payload, suspending);
    }

    /** As Kotlin compiles {@code suspend}: the last parameter is what to continue with. */
    private static boolean isSuspending(Method method) {
        Class<?>[] types = method.getParameterTypes();
        return types.length > 0 && types[types.length - 1].getName().equals(CONTINUATION);
    }

    static @Nullable Object[] with(@Nullable Object[] values, Object last) {
        @Nullable Object[] all = Arrays.copyOf(values, values.length + 1);
        all[values.length] = last;
        return all;
    }

    Class<?> payload() {
        return payload;
    }

    boolean isSuspending() {
        return suspending;
    }

    boolean isBatch() {
        return sources.contains(Known.EVENTS);
    }

    boolean wantConnection() {
        return sources.contains(Known.CONNECTION);
    }

    boolean wantSingleEvents() {
        return sources.stream().anyMatch(source -> source != Known.EVENTS && source != Known.CONNECTION);
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
            return header(header.value(), type);
        }
        if (type.resolve() == Delivery.class) {
            return Known.DELIVERY;
        }
        return type.resolve() == Connection.class ? Known.CONNECTION : null;
    }

    private static Source header(String name, ResolvableType type) {
        Class<?> wanted = name.isEmpty() ? Map.class : String.class;
        if (type.resolve() != wanted || (name.isEmpty() && !HEADERS.isAssignableFrom(type))) {
            throw new InvalidConsumerException("The method takes @EventHeader as " + type
                    + ": one header, by its name, is a String, and all of them, without a name, are a"
                    + " Map<String, String>");
        }
        return name.isEmpty() ? Known.HEADERS : new Header(name);
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
        Class<?> payload = event.resolve() == Event.class
                ? event.getGeneric(0).resolve(RawJson.class)
                : event.resolve(RawJson.class);
        if (Iterable.class.isAssignableFrom(payload) || Publisher.class.isAssignableFrom(payload)) {
            throw new InvalidConsumerException(
                    "The method takes " + type + ", which is no payload: a batch is a List<Event<T>>");
        }
        return payload;
    }

    private static Class<?> one(@Nullable Class<?> before, Class<?> payload) {
        if (before != null && before != payload) {
            throw new InvalidConsumerException("The method takes two payloads, " + before.getName() + " and "
                    + payload.getName() + ": a parameter of another kind is an Event, a Delivery, a Connection or has"
                    + " @EventHeader");
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
