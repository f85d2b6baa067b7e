package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is stored of a cause, whatever the cause is like. */
class ErrorTextTests {

    @Test
    void aCauseIsDescribedWithItsCausesAndWhereItWasThrown() {
        Throwable thrown = new IllegalStateException("outer", new ArithmeticException("inner"));

        assertThat(ErrorText.of(thrown).lines())
                .startsWith("java.lang.IllegalStateException: outer", "Caused by: java.lang.ArithmeticException: inner")
                .element(2)
                .asString()
                .startsWith("\tat io.penstock.bus.r2dbc.ErrorTextTests.");
    }

    @Test
    void aMegabyteIsCut() {
        String text = ErrorText.of(new IllegalStateException("x".repeat(1 << 20)));

        assertThat(text).hasSize(ErrorText.MOST_CHARACTERS).endsWith("x…");
    }

    @Test
    void nulAndLoneSurrogatesAreReplacedAlsoWhereTheCutMakesOne() {
        String prefix = "java.lang.IllegalStateException: ";
        String pairAtTheCut =
                "a\0b\udc00c" + "y".repeat(ErrorText.MOST_CHARACTERS - prefix.length() - 7) + "\ud83d\ude00tail";

        String text = ErrorText.of(new IllegalStateException(pairAtTheCut));

        assertThat(text).startsWith(prefix + "a\ufffdb?c").endsWith("y?…");
        assertThat(text.chars().noneMatch(unit -> unit == 0 || Character.isSurrogate((char) unit)))
                .isTrue();
    }

    @Test
    void aCycleOfCausesEnds() {
        Exception one = new Exception("one");
        one.initCause(new Exception("two", one));

        assertThat(ErrorText.of(one)
                        .lines()
                        .filter(line -> line.startsWith("Caused by"))
                        .count())
                .isBetween(1L, 10L);
    }

    @Test
    void aCauseThatCannotDescribeItselfIsNamed() {
        assertThat(ErrorText.of(new Mute())).startsWith(Mute.class.getName());
    }

    @Test
    void aCauseThatThrowsWhenAskedForItsOwnCauseIsStoredAllTheSame() {
        assertThat(ErrorText.of(new Bottomless())).startsWith(Bottomless.class.getName());
    }

    @Test
    void aCauseWithoutAStackTraceIsDescribed() {
        Exception bare = new Exception("bare");
        bare.setStackTrace(new StackTraceElement[0]);

        assertThat(ErrorText.of(bare)).isEqualTo("java.lang.Exception: bare");
    }

    private static final class Mute extends RuntimeException {
        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }
    }

    private static final class Bottomless extends RuntimeException {
        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("no cause");
        }
    }
}
