package io.penstock.examples.shop;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Says where the shop is. */
@Component
class Opening {

    private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

    private final Environment environment;

    Opening(Environment environment) {
        this.environment = environment;
    }

    @EventListener(ApplicationReadyEvent.class)
    void tell() {
        LOG.info("The shop is open: http://localhost:{}/", environment.getProperty("local.server.port"));
    }
}
