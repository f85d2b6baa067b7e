/**
 * End-to-end workloads: the bus beside hand-written code for the same job and beside its peers, on one server, in one
 * run. {@link io.penstock.benchmarks.Benchmarks} is the program.
 */
@NullMarked
package io.penstock.benchmarks;

import org.jspecify.annotations.NullMarked;
