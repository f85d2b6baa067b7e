package io.penstock.bus.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a method of a bean the handler of a durable consumer.
 *
 * <p>The method takes, in any order, what it needs of: the payload; its {@code Event<T>}, or {@code List<Event<T>>} to
 * handle batches; the {@link io.penstock.bus.Delivery}; headers by {@link EventHeader}; and, if {@link #transactional},
 * the {@code Connection}. It returns a {@code Mono}, a {@code Flux} or another reactive type, whose end is the handler's,
 * or nothing: such a method may block, as handlers run on threads of their own.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface EventConsumer {

    /** The consumer's name, kept for good: what it is owed is stored under it. Placeholders are resolved. */
    String value();

    /** Event types or patterns, {@code order.*}; unless given, the type that the payload's class names. */
    String[] types() default {};

    /**
     * Whether the handler runs in the transaction that removes its event from the inbox. {@code DatabaseClient},
     * repositories, {@code @Transactional} code and publishing join it: their effects happen once.
     */
    boolean transactional() default false;

    /** Whether events of one key are handled one at a time, in the order they were published. */
    boolean ordered() default false;

    /** Slices of the inbox that nodes share, 1 to 1,024; fixed when the name is first registered. */
    int partitions() default 32;
}
