package io.penstock.examples;

import java.io.PrintStream;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/** Imports orders, shows what the consumers do with them, and checks the outcome. {@code --help} tells the options. */
public final class OrderImport {

    static final int FINE = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private OrderImport() {}

    public static void main(String[] args) {
        int code = run(System.out, System.err, args);
        if (code != FINE) {
            System.exit(code);
        }
    }

    /** Returns the exit code. */
    static int run(PrintStream out, PrintStream err, String... args) {
        try {
            Arguments arguments = Arguments.parse(args);
            if (arguments.help()) {
                out.print(Arguments.HELP);
                return FINE;
            }
            return runOnServer(arguments, out, err) ? FINE : FAILED;
        } catch (UsageException e) {
            err.println(e.getMessage());
            err.println("--help tells the options");
            return MISUSED;
        } catch (RuntimeException e) {
            err.println("the import failed: " + message(e));
            return FAILED;
        }
    }

    private static boolean runOnServer(Arguments arguments, PrintStream out, PrintStream err) {
        if (arguments.postgres() != null) {
            return runOn(arguments.postgres(), arguments, out, err);
        }
        try (EmbeddedServer server = EmbeddedServer.start()) {
            return runOn(server.url(), arguments, out, err);
        }
    }

    private static boolean runOn(String url, Arguments arguments, PrintStream out, PrintStream err) {
        OrderFile file = OrderFile.of(arguments.orders());
        return Boolean.TRUE.equals(Mono.usingWhen(
                        Mono.fromSupplier(() -> OrdersDatabase.at(url)),
                        database -> database.prepare()
                                .then(requireUsefulPoison(arguments.poison(), file, database))
                                .then(run(() -> new ImportRun(arguments, file, database, out, err))),
                        OrdersDatabase::close)
                .block());
    }

    private static Mono<Boolean> run(Supplier<ImportRun> run) {
        return Mono.usingWhen(Mono.fromSupplier(run), ImportRun::run, ImportRun::close);
    }

    private static Mono<Void> requireUsefulPoison(@Nullable String orderId, OrderFile file, OrdersDatabase database) {
        if (orderId == null) {
            return Mono.empty();
        }
        return file.contains(orderId)
                .doOnNext(known ->
                        UsageException.require(known, "--poison " + orderId + ": no such order in " + file.name()))
                .then(database.isShipped(orderId))
                .doOnNext(
                        shipped -> UsageException.require(!shipped, "--poison " + orderId + ": it is shipped already"))
                .then();
    }

    private static String message(Throwable error) {
        Throwable cause = Exceptions.unwrap(error);
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
