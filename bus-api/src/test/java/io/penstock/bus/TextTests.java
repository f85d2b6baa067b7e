package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TextTests {

    private static final char HIGH = '\uD83D';
    private static final char LOW = '\uDE00';
    private static final String SMILE = "\uD83D\uDE00";
    private static final String ESCAPED_NUL = "\\u" + "0000";
    private static final String ESCAPED_HIGH = "\\u" + "d83d";
    private static final String ESCAPED_LOW = "\\u" + "DE00";
    private static final JsonMapper MAPPER = JsonMapper.shared();

    static Stream<Arguments> texts() {
        return Stream.of(
                Arguments.of("nothing", "", -1),
                Arguments.of("ASCII", "abc", -1),
                Arguments.of("two, three and four bytes", "é€" + SMILE, -1),
                Arguments.of("the last character before and the first after the surrogates", "\uD7FF\uE000", -1),
                Arguments.of("noncharacters, which PostgreSQL stores", "\uFFFE\uFFFF", -1),
                Arguments.of("control characters other than NUL", "\u0001\t\n\u007F\u0085", -1),
                Arguments.of("NUL", "ab\0", 2),
                Arguments.of("NUL first", "\0", 0),
                Arguments.of("high alone", "a" + HIGH, 1),
                Arguments.of("high before a letter", HIGH + "a", 0),
                Arguments.of("low alone", "a" + LOW + "b", 1),
                Arguments.of("low before high", "" + LOW + HIGH, 0),
                Arguments.of("high before a pair", HIGH + SMILE, 0),
                Arguments.of("low after a pair", SMILE + LOW, 2),
                Arguments.of("NUL after a pair", SMILE + "\0", 2));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void theFirstCharacterThatCannotBeStoredIsFound(String what, String text, int index) {
        assertThat(Text.firstUnstorable(text)).as(what).isEqualTo(index);
        assertThat(Text.firstUnstorableInJson("\"" + text + "\"")).as(what).isEqualTo(index < 0 ? -1 : index + 1);
    }

    static Stream<Arguments> escapes() {
        return Stream.of(
                Arguments.of("escaped NUL", ESCAPED_NUL, 0),
                Arguments.of("escaped NUL after text", "ab" + ESCAPED_NUL, 2),
                Arguments.of("escaped backslash, then u0000", "\\" + ESCAPED_NUL, -1),
                Arguments.of("two escaped backslashes, then u0000", "\\\\\\" + ESCAPED_NUL, -1),
                Arguments.of("escaped backslash, then escaped NUL", "\\\\" + ESCAPED_NUL, 2),
                Arguments.of("u0000 without a backslash", "u0000", -1),
                Arguments.of("escaped quote, then escaped NUL", "\\\"" + ESCAPED_NUL, 2),
                Arguments.of("another escape that starts with zeros", "\\u0001", -1),
                Arguments.of("another escape that ends with zeros", "\\u1000", -1),
                Arguments.of("escaped NUL with more digits behind", ESCAPED_NUL + "41", 0),
                Arguments.of("escaped pair", ESCAPED_HIGH + ESCAPED_LOW, -1),
                Arguments.of("two escaped pairs", (ESCAPED_HIGH + ESCAPED_LOW).repeat(2), -1),
                Arguments.of("escaped pair in other case", "\\uD83d\\ude00", -1),
                Arguments.of("escaped high alone", ESCAPED_HIGH, 0),
                Arguments.of("escaped low alone", "x" + ESCAPED_LOW, 1),
                Arguments.of("escaped high, then a letter", ESCAPED_HIGH + "a", 0),
                Arguments.of("escaped high, then another escape", ESCAPED_HIGH + "\\n" + ESCAPED_LOW, 0),
                Arguments.of("escaped high, then escaped letter", ESCAPED_HIGH + "\\u0041", 0),
                Arguments.of("escaped high, then escaped NUL", ESCAPED_HIGH + ESCAPED_NUL, 0),
                Arguments.of("escaped high, then escaped backslash and u", ESCAPED_HIGH + "\\\\uDE00", 0),
                Arguments.of("escaped pair, then escaped low", ESCAPED_HIGH + ESCAPED_LOW + ESCAPED_LOW, 12),
                Arguments.of("half a pair escaped, half raw", ESCAPED_HIGH + LOW, 6),
                Arguments.of("half a pair raw, half escaped", HIGH + ESCAPED_LOW, 0));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("escapes")
    void whatHidesBehindAnEscapeIsFound(String what, String inner, int index) {
        assertThat(Text.firstUnstorableInJson("\"" + inner + "\"")).as(what).isEqualTo(index < 0 ? -1 : index + 1);
    }

    @Test
    void anEscapeCutShortIsNotReadBeyondTheEnd() {
        for (String json :
                List.of("\\", "\"\\", "\\u", "\\u1", "\\u12", "\\u123", "\\ud83d\\", "\\ud83d\\u", "\\ud83d\\ude0")) {
            assertThat(Text.firstUnstorableInJson(json)).as(json).isGreaterThanOrEqualTo(-1);
        }
    }

    @Test
    void textsOfChanceAreJudgedAndMeasuredAsAStrictEncoderDoes() {
        Random random = Seed.random(getClass());
        String[] pieces = {
            "a", "\u0001", "\u007F", "\u0080", "é", "\u07FF", "\u0800", "€", "\uFFFF", SMILE, "" + HIGH, "" + LOW, "\0"
        };
        for (int i = 0; i < 30_000; i++) {
            String text = gathered(random, pieces, 6);

            int bad = slowFirstUnstorable(text);

            assertThat(Text.firstUnstorable(text)).as("%s", codes(text)).isEqualTo(bad);
            if (bad < 0) {
                assertThat(Text.utf8Length(text))
                        .as("%s", codes(text))
                        .isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
            }
        }
    }

    @Test
    void jsonOfChanceIsJudgedAsItsParsedStringsAre() {
        Random random = Seed.random(getClass());
        String[] pieces = {
            "a",
            "u0000",
            "é",
            SMILE,
            "\\n",
            "\\\\",
            "\\\"",
            "\\/",
            "\\u0041",
            "\\uFFFF",
            "\\u0001",
            ESCAPED_NUL,
            ESCAPED_HIGH,
            ESCAPED_LOW,
            ESCAPED_HIGH + ESCAPED_LOW,
            "" + HIGH,
            "" + LOW
        };
        for (int i = 0; i < 30_000; i++) {
            String json = "{\"" + gathered(random, pieces, 3) + "\":[\"" + gathered(random, pieces, 4) + "\"]}";

            boolean storable = slowFirstUnstorable(json) < 0 && allStorable(MAPPER.readTree(json));

            assertThat(Text.firstUnstorableInJson(json) < 0)
                    .as("%s = %s", json, codes(json))
                    .isEqualTo(storable);
        }
    }

    @Test
    void shownTextIsCutAndHasNoCharacterThatMovesACursorOrALine() {
        String hostile = "a\0b\nc\u001B[31m\u0085\u009B\u2028\u2029\u202E\u200B\uFEFF" + HIGH + "z" + LOW;

        assertThat(Text.shown(hostile, 80)).isEqualTo("a�b�c�[31m����" + "����z�");
        assertThat(Text.shown("é€" + SMILE, 80)).isEqualTo("é€" + SMILE);
        assertThat(Text.shown("x".repeat(81), 80)).isEqualTo("x".repeat(80) + "…");
        assertThat(Text.shown("x".repeat(79) + SMILE, 80)).isEqualTo("x".repeat(79) + "�…");
    }

    private static String gathered(Random random, String[] pieces, int most) {
        return IntStream.range(0, random.nextInt(most + 1))
                .mapToObj(i -> pieces[random.nextInt(pieces.length)])
                .collect(Collectors.joining());
    }

    private static boolean allStorable(JsonNode node) {
        if (node.isString()) {
            return slowFirstUnstorable(node.stringValue()) < 0;
        }
        for (Map.Entry<String, JsonNode> property : node.properties()) {
            if (slowFirstUnstorable(property.getKey()) >= 0) {
                return false;
            }
        }
        return node.valueStream().allMatch(TextTests::allStorable);
    }

    /** The oracle: the JDK's encoder stops where it cannot encode; NUL is looked for by itself. */
    private static int slowFirstUnstorable(String text) {
        CharBuffer in = CharBuffer.wrap(text);
        var result = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .encode(in, ByteBuffer.allocate(text.length() * 3), true);
        int malformed = result.isError() ? in.position() : Integer.MAX_VALUE;
        int nul = text.indexOf('\0') < 0 ? Integer.MAX_VALUE : text.indexOf('\0');
        int first = Math.min(malformed, nul);
        return first == Integer.MAX_VALUE ? -1 : first;
    }

    private static String codes(String text) {
        return text.chars().mapToObj(c -> String.format("%04x", c)).collect(Collectors.joining(" "));
    }
}
