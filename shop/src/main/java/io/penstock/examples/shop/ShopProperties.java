package io.penstock.examples.shop;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What can be set about the shop.
 *
 * @param data where the embedded PostgreSQL keeps its data
 * @param carrierDelay how long the carrier takes to answer
 * @param heartbeat how often a stream of events says that it lives
 * @param check whether the shop opens for one order of its own only, and says whether it was shipped
 */
@ConfigurationProperties("shop")
record ShopProperties(
        Path data,
        @DefaultValue("500ms") Duration carrierDelay,
        @DefaultValue("15s") Duration heartbeat,
        @DefaultValue("false") boolean check) {}
