/** Programs that the README quotes and CI runs. {@link io.penstock.examples.OrderImport} is the one to start with. */
@NullMarked
package io.penstock.examples;

import org.jspecify.annotations.NullMarked;
