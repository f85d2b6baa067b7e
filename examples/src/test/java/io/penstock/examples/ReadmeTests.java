package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every piece of Java in the README is a region of {@link ReadmeSnippets}, which a test executes. */
class ReadmeTests {

    private static final Path README = Path.of("..", "README.md");
    private static final Path SNIPPETS = Path.of("src/main/java/io/penstock/examples/ReadmeSnippets.java");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java[^\\n]*\\n(.*?)^```");
    private static final Pattern REGION =
            Pattern.compile("(?ms)^\\s*// tag::([a-z-]+)\\[]\\n(.*?)^\\s*// end::\\1\\[]$");

    @Test
    void everyJavaBlockOfTheReadmeIsARegionOfTheSnippets() throws IOException {
        assertThat(README)
                .as("README.md, which this test compares with " + SNIPPETS)
                .exists();
        List<String> blocks = BLOCK.matcher(Files.readString(README))
                .results()
                .map(match -> match.group(1).stripTrailing().stripIndent())
                .toList();
        Map<String, String> regions = regions();

        assertThat(blocks).as("```java blocks of the README").isNotEmpty();
        assertThat(blocks)
                .allSatisfy(block -> assertThat(regions.values())
                        .as("the regions of ReadmeSnippets.java " + regions.keySet() + " hold, but for indentation,\n"
                                + block)
                        .contains(block));
    }

    @Test
    void aTransactionOnBothSidesFitsIntoTwelveLines() throws IOException {
        assertThat(regions()).containsKeys("event", "start", "transaction", "own-transaction", "ordered");
        assertThat(regions().get("transaction").lines()).hasSizeLessThanOrEqualTo(12);
    }

    private static Map<String, String> regions() throws IOException {
        Map<String, String> regions = new TreeMap<>();
        Matcher matcher = REGION.matcher(Files.readString(SNIPPETS));
        while (matcher.find()) {
            regions.put(matcher.group(1), matcher.group(2).stripTrailing().stripIndent());
        }
        return regions;
    }
}
