package io.penstock.bus.r2dbc;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/** Remembers what BlockHound found: the error it throws may be swallowed by whatever was running. */
public final class BlockingCalls implements BlockHoundIntegration {

    static final Queue<Error> FOUND = new ConcurrentLinkedQueue<>();

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.blockingMethodCallback(method -> {
            Error error = new BlockingOperationError(method);
            FOUND.add(error);
            throw error;
        });
    }
}
