/** The bus in a Spring Boot application: its beans, its part in Spring's transactions, its operation. */
@NullMarked
package io.penstock.bus.spring;

import org.jspecify.annotations.NullMarked;
