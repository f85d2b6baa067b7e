/** Tests of Spring Boot applications with the bus. */
@NullMarked
package io.penstock.bus.spring.test;

import org.jspecify.annotations.NullMarked;
