package io.penstock.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** The file of results: one JSON line per cell, added to what is there. */
final class Results {

    private static final ObjectMapper JSON = JsonMapper.shared();

    private final Path file;

    Results(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    void add(List<Cell> cells) {
        String lines = String.join("", cells.stream().map(Results::line).toList());
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("The results could not be written to " + file, e);
        }
    }

    List<Cell> read() {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank())
                    .map(line -> JSON.readValue(line, Cell.class))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("There are no results in " + file, e);
        }
    }

    private static String line(Cell cell) {
        return JSON.writeValueAsString(cell) + "\n";
    }
}
