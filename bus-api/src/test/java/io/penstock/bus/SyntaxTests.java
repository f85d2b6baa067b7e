package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyntaxTests {

    @ParameterizedTest
    @ValueSource(strings = {"a", "order.placed", "Order.Placed.v2", "0", "_", "-.-", "a-b.c_d.9"})
    void wordsJoinedByDotsAreATypeAndAPattern(String text) {
        assertThat(Syntax.isType(text)).isTrue();
        assertThat(Syntax.isPattern(text)).isTrue();
        assertThat(Syntax.isPattern(text + ".*")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                ".a",
                "a.",
                "a..b",
                "a b",
                "a\n",
                "\u00e4",
                "a.\u0660",
                "a/b",
                "a:b",
                "a@b",
                "a[b",
                "a`b",
                "a{b",
                "a*",
                "*.a",
                "a.*.b",
                "**"
            })
    void anythingElseIsNeither(String text) {
        assertThat(Syntax.isType(text)).isFalse();
        assertThat(Syntax.isPattern(text)).isFalse();
    }

    @Test
    void aTypeHasAtMostTwoHundredCharacters() {
        assertThat(Syntax.isType("a".repeat(200))).isTrue();
        assertThat(Syntax.isType("a".repeat(201))).isFalse();
    }

    @Test
    void allTypesIsAPatternAndNoType() {
        assertThat(Syntax.isPattern("*")).isTrue();
        assertThat(Syntax.isType("*")).isFalse();
    }
}
