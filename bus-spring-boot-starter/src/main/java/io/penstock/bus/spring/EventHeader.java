package io.penstock.bus.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A parameter of an {@link EventConsumer} method: the value of one header as a {@code String}, {@code null} without it;
 * or, without a name, all of them as a {@code Map<String, String>}.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface EventHeader {

    String value() default "";
}
