package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class PlainJsonTests {

    private static final JsonFactory STRICT = new JsonFactory();
    private static final String UNITS = "{}[]\":,\\/tfnrueal0123456789-.eE+ \n\tä\u0000";
    private static final int TRIES = 100_000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "1",
                "-0.5",
                "\"\"",
                "true",
                "false",
                "null",
                "[[],{},[1,2]]",
                "[1,{}]",
                "{\"a\":{\"b\":[{\"c\":null}]},\"d\":\"\\\"\\n\\\\\"}",
                "[\"ä \uD83D\uDE00\"]"
            })
    void whatSerializersWriteIsRecognized(String json) {
        assertThat(PlainJson.recognizes(json)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1 ",
                "{} {}",
                "1,2",
                "[1,]",
                "[,1]",
                "[1",
                "1]",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "{\"a\":1]",
                "[1}",
                "01",
                "-",
                "1.",
                ".5",
                "+1",
                "NaN",
                "tru",
                "truee",
                "'a'",
                "\"a",
                "\"\\x\"",
                "\"\n\"",
                "\"\\"
            })
    void whatIsNoJsonIsNotRecognized(String text) {
        assertThat(PlainJson.recognizes(text)).isFalse();
    }

    @Test
    void whatAReaderMayRefuseForItsSizeIsLeftToTheParser() {
        assertThat(PlainJson.recognizes("[".repeat(PlainJson.DEEPEST) + "]".repeat(PlainJson.DEEPEST)))
                .isTrue();
        assertThat(PlainJson.recognizes("[".repeat(PlainJson.DEEPEST + 1) + "1" + "]".repeat(PlainJson.DEEPEST + 1)))
                .isFalse();
        assertThat(PlainJson.recognizes("1".repeat(PlainJson.LONGEST_NUMBER))).isTrue();
        assertThat(PlainJson.recognizes("1".repeat(PlainJson.LONGEST_NUMBER + 1)))
                .isFalse();
        assertThat(PlainJson.recognizes('"' + "a".repeat(PlainJson.LONGEST - 2) + '"'))
                .isTrue();
        assertThat(PlainJson.recognizes('"' + "a".repeat(PlainJson.LONGEST - 1) + '"'))
                .isFalse();
    }

    @Test
    void whatIsRecognizedAStrictParserAccepts() {
        Random random = Seed.random(getClass());
        int recognized = 0;
        for (int i = 0; i < TRIES; i++) {
            String text = mutated(value(random, 4), random);
            if (PlainJson.recognizes(text)) {
                recognized++;
                assertThat(isJson(text)).as(text).isTrue();
            }
        }
        assertThat(recognized).as("of both kinds there are many").isBetween(TRIES / 10, TRIES * 9 / 10);
    }

    private static String mutated(String json, Random random) {
        StringBuilder text = new StringBuilder(json);
        for (int i = random.nextInt(3); i > 0 && text.length() > 0; i--) {
            int at = random.nextInt(text.length());
            char unit = UNITS.charAt(random.nextInt(UNITS.length()));
            switch (random.nextInt(3)) {
                case 0 -> text.setCharAt(at, unit);
                case 1 -> text.insert(at, unit);
                default -> text.deleteCharAt(at);
            }
        }
        return text.toString();
    }

    private static String value(Random random, int deepest) {
        return switch (random.nextInt(deepest == 0 ? 4 : 6)) {
            case 0 -> String.valueOf(random.nextInt(2_000) - 1_000);
            case 1 -> random.nextInt(100) + "." + random.nextInt(100);
            case 2 -> random.nextBoolean() ? "true" : "null";
            case 3 -> "\"a" + (random.nextBoolean() ? "\\n" : "ä") + random.nextInt(10) + '"';
            case 4 -> '[' + value(random, deepest - 1) + ',' + value(random, deepest - 1) + ']';
            default -> "{\"k\":" + value(random, deepest - 1) + ",\"l\":[]}";
        };
    }

    private static boolean isJson(String text) {
        try (JsonParser parser = STRICT.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (JacksonException e) {
            return false;
        }
    }
}
