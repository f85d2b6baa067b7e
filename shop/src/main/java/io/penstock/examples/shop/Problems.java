package io.penstock.examples.shop;

import io.penstock.bus.InvalidEventException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.R2dbcTransientResourceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.util.unit.DataSize;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.reactive.result.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.server.ContentTooLargeException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import reactor.core.publisher.Mono;

/** Every failed request gets a problem detail (RFC 9457); what is not the client's fault is told to the log alone. */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    private final DataSize largest;

    Problems(@Value("${spring.http.codecs.max-in-memory-size}") DataSize largest) {
        this.largest = largest;
    }

    /** The parser's own words would show classes of ours. */
    @Override
    protected Mono<ResponseEntity<Object>> handleServerWebInputException(
            ServerWebInputException failure, HttpHeaders headers, HttpStatusCode status, ServerWebExchange exchange) {
        ProblemDetail problem =
                ProblemDetail.forStatusAndDetail(status, "The body is missing, or is not one JSON value");
        return handleExceptionInternal(failure, problem, headers, status, exchange);
    }

    @ExceptionHandler
    ProblemDetail tooLarge(ContentTooLargeException failure) {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.CONTENT_TOO_LARGE,
                "The body is larger than the " + largest.toKilobytes() + " KB that are allowed");
    }

    /** The bus may be stricter than the shop; its message names the event and the limit. */
    @ExceptionHandler
    ProblemDetail refused(InvalidEventException failure) {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.UNPROCESSABLE_CONTENT, "Nothing was stored: " + failure.getMessage());
    }

    @ExceptionHandler({
        DataAccessResourceFailureException.class,
        CannotCreateTransactionException.class,
        R2dbcNonTransientResourceException.class,
        R2dbcTransientResourceException.class
    })
    ProblemDetail unreachable(Exception failure) {
        LOG.warn("The database does not answer: {}", failure.toString());
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE, "The database does not answer; try again in a while");
    }

    @ExceptionHandler
    ProblemDetail unexpected(Exception failure) {
        LOG.error("A request failed", failure);
        return ProblemDetail.forStatusAndDetail(HttpStatus.INTERNAL_SERVER_ERROR, "The shop failed; its log says more");
    }
}
