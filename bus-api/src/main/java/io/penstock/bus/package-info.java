/** What applications see of Penstock: events, consumers, outcomes, dead letters. Knows neither database nor framework. */
@NullMarked
package io.penstock.bus;

import org.jspecify.annotations.NullMarked;
