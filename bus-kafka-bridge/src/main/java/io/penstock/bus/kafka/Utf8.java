package io.penstock.bus.kafka;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads bytes as UTF-8 and refuses what is none; {@code String} would put question marks in its place. */
final class Utf8 {

    private Utf8() {}

    /** @param what names the bytes in the error */
    static String read(byte[] bytes, String what) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UnreadableRecordException(what + " is not UTF-8");
        }
    }
}
