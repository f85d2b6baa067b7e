package io.penstock.benchmarks;

/** The arguments are wrong; the message says how. */
final class UsageException extends RuntimeException {

    UsageException(String message) {
        super(message);
    }
}
