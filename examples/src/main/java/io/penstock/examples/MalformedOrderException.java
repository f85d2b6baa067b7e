package io.penstock.examples;

/** A line is not an order; the message says why. */
final class MalformedOrderException extends Exception {

    MalformedOrderException(String reason) {
        super(reason);
    }
}
