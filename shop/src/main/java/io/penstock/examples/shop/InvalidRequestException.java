package io.penstock.examples.shop;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** What was asked for is out of range; the problem names each field, its value and what is allowed. */
final class InvalidRequestException extends ErrorResponseException {

    InvalidRequestException(List<Violation> violations) {
        super(HttpStatus.BAD_REQUEST, problem(violations), null);
    }

    static InvalidRequestException of(String field, @Nullable String value, String allowed) {
        return new InvalidRequestException(List.of(new Violation(field, value, allowed)));
    }

    private static ProblemDetail problem(List<Violation> violations) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.BAD_REQUEST,
                violations.stream().map(Violation::sentence).collect(Collectors.joining(". ")));
        problem.setTitle("Invalid request");
        problem.setProperty("errors", violations);
        return problem;
    }

    /** @param value as it came, cut; {@code null}: missing */
    record Violation(String field, @Nullable String value, String allowed) {

        String sentence() {
            return field + " is " + (value == null ? "missing" : value) + "; allowed: " + allowed;
        }
    }
}
