/** Throughput benchmarks for JMH. {@code java -jar benchmarks/target/benchmarks.jar} runs them. */
@NullMarked
package io.penstock.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
