/** Other libraries doing the jobs of the workloads, each as its documentation advises and with its defaults. */
@NullMarked
package io.penstock.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
