package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the program can be asked, and how it says no. */
class ArgumentsTests {

    @Test
    void everyOptionHasADefault() {
        assertThat(Arguments.parse()).isEqualTo(new Arguments(null, null, null, false, false));
    }

    @Test
    void everyOptionCanBeGiven(@TempDir Path directory) {
        String file = OrderLines.file(directory, List.of());
        String url = "r2dbc:postgresql://app:secret@db:5432/shop";

        assertThat(Arguments.parse("--orders", file, "--postgres", url, "--poison", "o-1", "--redrive", "--help"))
                .isEqualTo(new Arguments(Path.of(file), url, "o-1", true, true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --ordres x               | unknown option '--ordres'
            orders.ndjson            | unknown option 'orders.ndjson'
            --orders                 | --orders needs a value
            --poison --redrive       | --poison needs a value
            --redrive --redrive      | --redrive is given twice
            --orders no/such/file    | --orders no/such/file: there is no such file, or it cannot be read
            --orders src             | --orders src: there is no such file, or it cannot be read
            """)
    void whatIsNotUnderstoodIsNamed(String words, String message) {
        assertThatThrownBy(() -> Arguments.parse(words.split(" ")))
                .isInstanceOf(UsageException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:5432",
                "jdbc:postgresql://app:s3cret@localhost/app",
                "r2dbc:mysql://app:s3cret@localhost/app",
                "r2dbc:postgresql://app:s3cret@ local",
                "r2dbc:postgresql://"
            })
    void aUrlThatIsNoneIsRefusedWithoutTellingThePassword(String url) {
        assertThatThrownBy(() -> Arguments.parse("--postgres", url))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--postgres needs a URL such as")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void wrongArgumentsEndTheProgramBeforeAnythingIsStarted() {
        Ran ran = Ran.with("--import");

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err().lines()).containsExactly("unknown option '--import'", "--help tells the options");
        assertThat(ran.out()).isEmpty();
    }

    @Test
    void helpIsPrintedAndNothingElseHappens() {
        Ran ran = Ran.with("--help", "--redrive");

        assertThat(ran).isEqualTo(new Ran(0, Arguments.HELP, ""));
        assertThat(ran.out()).contains("--orders", "--postgres", "--poison", "--redrive");
    }
}
