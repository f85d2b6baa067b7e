package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.EventType;
import io.penstock.bus.InvalidConsumerException;
import io.r2dbc.spi.Connection;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A method of a bean that handles events. */
final class HandlerMethod {

    private final Supplier<Object> bean;
    private final Method method;
    private final HandlerParameters parameters;
    private final @Nullable ReactiveAdapter adapter;

    HandlerMethod(Supplier<Object> bean, Method method, HandlerParameters parameters) {
        this.bean = bean;
        this.method = method;
        this.parameters = parameters;
        this.adapter = ReactiveAdapterRegistry.getSharedInstance().getAdapter(method.getReturnType());
    }

    /** The consumer with this name whose handler is the method. */
    ConsumerSpec<?> spec(String name, EventConsumer annotation, String[] types) {
        requireValid(name, annotation, types);
        ConsumerSpec.Builder<Object> builder = on(ConsumerSpec.named(name), types);
        if (annotation.ordered()) {
            builder.ordered();
        }
        return handled(builder.partitions(annotation.partitions()), annotation.transactional());
    }

    /** A builder of payloads unknown to the compiler: what the method takes, the codec has made. */
    @SuppressWarnings("unchecked")
    private ConsumerSpec.Builder<Object> on(ConsumerSpec.Named named, String[] types) {
        Class<Object> payload = (Class<Object>) parameters.payload();
        if (types.length == 0) {
            return named.on(payload);
        }
        ConsumerSpec.Builder<Object> builder = named.on(types[0], payload);
        for (int i = 1; i < types.length; i++) {
            builder.on(types[i], payload);
        }
        return builder;
    }

    private ConsumerSpec<?> handled(ConsumerSpec.Builder<Object> builder, boolean transactional) {
        if (parameters.isBatch()) {
            return transactional
                    ? builder.transactionalBatch(Connection.class, this::call)
                    : builder.handleBatch(events -> call(events, null));
        }
        return transactional
                ? builder.transactional(Connection.class, (event, connection) -> call(List.of(event), connection))
                : builder.handle(event -> call(List.of(event), null));
    }

    private Mono<Void> call(List<? extends Event<?>> events, @Nullable Connection connection) {
        return Mono.deferContextual(context -> {
            Delivery delivery = context.getOrDefault(Delivery.CONTEXT_KEY, null);
            return called(parameters.values(new HandlerParameters.Call(events, delivery, connection)));
        });
    }

    private Mono<Void> called(@Nullable Object[] values) {
        return parameters.isSuspending()
                ? SuspendingCall.of(continuation -> invoke(HandlerParameters.with(values, continuation)))
                : ended(invoke(values));
    }

    private Mono<Void> ended(@Nullable Object result) {
        if (adapter == null) {
            return Mono.empty();
        }
        if (result == null) {
            return Mono.error(new IllegalStateException("The handler " + method + " returned null"));
        }
        return Flux.from(adapter.toPublisher(result)).then();
    }

    private @Nullable Object invoke(@Nullable Object[] values) {
        try {
            return method.invoke(bean.get(), values);
        } catch (InvocationTargetException e) {
            throw sneaky(e.getTargetException());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("The handler " + method + " cannot be called", e);
        }
    }

    /** The handler's own exception, as its retry policy is to see it, checked or not. */
    @SuppressWarnings("unchecked")
    private static <X extends Throwable> RuntimeException sneaky(Throwable thrown) throws X {
        throw (X) thrown;
    }

    private void requireValid(String name, EventConsumer annotation, String[] types) {
        boolean reactive = adapter != null || parameters.isSuspending();
        require(
                reactive || method.getReturnType() == void.class,
                name,
                "returns " + method.getReturnType().getName()
                        + ", allowed are Mono, Flux, other reactive types and void");
        require(
                reactive || !annotation.transactional(),
                name,
                "is transactional and returns nothing: only a reactive type carries the transaction to what it calls");
        require(
                annotation.transactional() || !parameters.wantConnection(),
                name,
                "takes a Connection: that needs transactional = true");
        require(
                !parameters.isBatch() || !parameters.wantSingleEvents(),
                name,
                "takes batches, and something that each event has of its own: a payload, an Event, a Delivery or headers");
        require(
                types.length > 0 || parameters.payload().isAnnotationPresent(EventType.class),
                name,
                "says no event type: name it with types, or take a payload whose class has @EventType, which "
                        + parameters.payload().getName() + " has not");
        require(
                !parameters.isSuspending() || SuspendingCall.isPossible(),
                name,
                "is a suspend function: add org.jetbrains.kotlinx:kotlinx-coroutines-reactor");
        require(
                !parameters.isSuspending() || !isResultReactive(),
                name,
                "is a suspend function whose result nobody would run: await it inside, or return it without suspend");
    }

    /** What a suspend function returns is the type of its continuation. */
    private boolean isResultReactive() {
        Class<?> result = ResolvableType.forMethodParameter(method, method.getParameterCount() - 1)
                .getGeneric(0)
                .resolve();
        return result != null && ReactiveAdapterRegistry.getSharedInstance().getAdapter(result) != null;
    }

    private void require(boolean condition, String name, String problem) {
        if (!condition) {
            throw new InvalidConsumerException("Consumer '" + name + "': the method " + problem);
        }
    }
}
