package io.penstock.examples;

/** A line of the file: an order, or why it is none. Lines count from 1. */
sealed interface OrderLine {

    long number();

    record Valid(long number, Order order) implements OrderLine {}

    record Malformed(long number, String reason) implements OrderLine {}
}
