/**
 * Other libraries doing the jobs of the workloads, each as its documentation advises and with its defaults.
 *
 * <p>Those for the JVM share a HikariCP with the application's own table, as they would in an application. Those from
 * npm run in processes of their own. A peer that is slow is given fewer events; its rate is what counts.
 */
@NullMarked
package io.penstock.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
