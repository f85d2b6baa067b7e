package io.penstock.bus;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names the event type a payload class stands for; the name is stored with the event, the class name never is. */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface EventType {

    /** The event type: words joined by dots, {@code order.placed}. */
    String value();

    /** The version of the payload's shape, from 1. A node whose class has a lower one leaves the event to others. */
    int version() default 1;
}
