package io.penstock.examples.shop;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponseException;

/**
 * Whether the shop takes orders: once all consumers are registered, as an event is owed to those alone that are when it is
 * published; and until it closes.
 */
@Component
class Doors {

    private static final Logger LOG = LoggerFactory.getLogger(Doors.class);

    private final ApplicationAvailability availability;
    private final Environment environment;

    Doors(ApplicationAvailability availability, Environment environment) {
        this.availability = availability;
        this.environment = environment;
    }

    void requireOpen() {
        if (availability.getReadinessState() != ReadinessState.ACCEPTING_TRAFFIC) {
            throw new ErrorResponseException(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    ProblemDetail.forStatusAndDetail(
                            HttpStatus.SERVICE_UNAVAILABLE, "The shop is opening or closing; try again in a while"),
                    null);
        }
    }

    @EventListener
    void tell(AvailabilityChangeEvent<ReadinessState> change) {
        if (change.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
            LOG.info("The shop is open: http://localhost:{}/", environment.getProperty("local.server.port"));
        }
    }
}
