/** A shop on the bus: Spring Boot, WebFlux, R2DBC. */
@NullMarked
package io.penstock.examples.shop;

import org.jspecify.annotations.NullMarked;
