package io.penstock.examples;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads a file line by line and never holds more than one line of it, of bounded length. Blocks; not thread-safe. */
final class LineReader implements Closeable {

    static final int LONGEST_LINE = 256 * 1024;

    private static final int END_OF_FILE = -1;

    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long number;
    private long length;

    LineReader(InputStream source) {
        this.in = new BufferedInputStream(source, 64 * 1024);
    }

    /** Goes to the next line; {@code false} at the end. */
    boolean next() throws IOException {
        line.reset();
        length = 0;
        int read = in.read();
        if (read == END_OF_FILE) {
            return false;
        }
        for (; read != END_OF_FILE && read != '\n'; read = in.read()) {
            if (length++ < LONGEST_LINE) {
                line.write(read);
            }
        }
        number++;
        return true;
    }

    /** The number of the current line, from 1. */
    long number() {
        return number;
    }

    /** The current line; throws for one that is too long or not UTF-8. */
    String text() throws MalformedOrderException {
        if (length > LONGEST_LINE) {
            throw new MalformedOrderException("it has " + length + " bytes, allowed are " + LONGEST_LINE);
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString().strip();
        } catch (CharacterCodingException e) {
            throw new MalformedOrderException("it is not UTF-8");
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
