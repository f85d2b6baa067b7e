package io.penstock.examples.shop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * What the embedded PostgreSQL asks of whoever connects, or anybody at this machine would be its superuser. To be called
 * by the holder of the directory's lock alone. Blocks.
 */
final class ServerPassword {

    private static final int BYTES = 32;

    private ServerPassword() {}

    /** The one in the file, which is made if it is not there, for its owner alone to read. */
    static String in(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        // A shop that was killed may have left it empty.
        if (Files.size(file) == 0) {
            Files.writeString(file, random());
        }
        return Files.readString(file).strip();
    }

    private static String random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
