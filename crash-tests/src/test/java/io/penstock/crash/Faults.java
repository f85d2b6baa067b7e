package io.penstock.crash;

import java.time.Duration;

/** What a proxy has been told to do to the bytes that pass. Thread-safe. */
final class Faults {

    private static final byte[] NOTHING = {};

    private boolean frozen;
    private Duration delay = Duration.ZERO;
    private long bytesLeft = Long.MAX_VALUE;
    private byte[] cutAt = NOTHING;
    private byte[] freezeAt = NOTHING;

    synchronized void delay(Duration each) {
        delay = each;
    }

    synchronized void freeze() {
        frozen = true;
    }

    synchronized void thaw() {
        frozen = false;
        notifyAll();
    }

    synchronized void resetAfter(long bytes) {
        bytesLeft = bytes;
    }

    synchronized void freezeAt(byte[] text) {
        freezeAt = text;
    }

    synchronized void cutAnswerTo(byte[] text) {
        cutAt = text;
    }

    /** Returns when a chunk may pass. */
    synchronized void awaitPassage() {
        try {
            long until = System.nanoTime() + delay.toNanos();
            for (long left = delay.toNanos(); left > 0; left = until - System.nanoTime()) {
                wait(left / 1_000_000, (int) (left % 1_000_000));
            }
            while (frozen) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How many of these bytes still go through before the reset that was asked for; all of them if none was. */
    synchronized int allowed(int bytes) {
        if (bytesLeft == Long.MAX_VALUE) {
            return bytes;
        }
        int allowed = (int) Math.min(bytes, bytesLeft);
        // Once only: the next connection is to work.
        bytesLeft = allowed < bytes ? Long.MAX_VALUE : bytesLeft - allowed;
        return allowed;
    }

    /** Whether the answer to these bytes is to be cut; once only. */
    synchronized boolean cuts(byte[] bytes, int length) {
        if (cutAt.length == 0 || !contains(bytes, length, cutAt)) {
            return false;
        }
        cutAt = NOTHING;
        return true;
    }

    /** Whether these bytes freeze the network before they have passed; once only. */
    synchronized boolean freezes(byte[] bytes, int length) {
        if (freezeAt.length == 0 || !contains(bytes, length, freezeAt)) {
            return false;
        }
        freezeAt = NOTHING;
        frozen = true;
        return true;
    }

    private static boolean contains(byte[] bytes, int length, byte[] text) {
        for (int from = 0; from <= length - text.length; from++) {
            if (startsWith(bytes, from, text)) {
                return true;
            }
        }
        return false;
    }

    private static boolean startsWith(byte[] bytes, int from, byte[] text) {
        for (int i = 0; i < text.length; i++) {
            if (bytes[from + i] != text[i]) {
                return false;
            }
        }
        return true;
    }
}
