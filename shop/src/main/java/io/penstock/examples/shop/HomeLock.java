package io.penstock.examples.shop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A directory in the hands of one process; the system frees it when that ends, however it does. */
final class HomeLock implements AutoCloseable {

    private final FileChannel channel;

    private HomeLock(FileChannel channel) {
        this.channel = channel;
    }

    static HomeLock take(Path home) {
        try {
            Files.createDirectories(home);
            FileChannel channel =
                    FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!isLocked(channel)) {
                channel.close();
                throw new KeptServerException(
                        "The shop's data in " + home + " is in use by another shop that runs.",
                        "Stop the other shop, or give this one a place and a port of its own:"
                                + " --shop.data=DIRECTORY --server.port=8081",
                        null);
            }
            return new HomeLock(channel);
        } catch (IOException e) {
            throw new KeptServerException(
                    "shop.data is " + home + ", which is no directory that can be written: " + e,
                    "Choose another directory by --shop.data=DIRECTORY.",
                    e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException heldByThisProcess) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
