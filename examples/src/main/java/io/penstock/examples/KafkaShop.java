package io.penstock.examples;

import java.io.PrintStream;
import reactor.core.publisher.Mono;

/**
 * Two services that share nothing but a topic: orders of one are shipped by the other. Everything is started here,
 * and the outcome is checked in both databases. {@code --help} tells the options.
 */
public final class KafkaShop {

    private KafkaShop() {}

    public static void main(String[] args) {
        int code = run(System.out, System.err, args);
        if (code != OrderImport.FINE) {
            System.exit(code);
        }
    }

    /** Returns the exit code. */
    static int run(PrintStream out, PrintStream err, String... args) {
        try {
            ShopArguments arguments = ShopArguments.parse(args);
            if (arguments.help()) {
                out.print(ShopArguments.HELP);
                return OrderImport.FINE;
            }
            return runOnServers(arguments, out, err) ? OrderImport.FINE : OrderImport.FAILED;
        } catch (UsageException e) {
            err.println(e.getMessage());
            err.println("--help tells the options");
            return OrderImport.MISUSED;
        } catch (RuntimeException e) {
            err.println("the shop failed: " + e.getMessage());
            return OrderImport.FAILED;
        }
    }

    private static boolean runOnServers(ShopArguments arguments, PrintStream out, PrintStream err) {
        try (EmbeddedServer server = EmbeddedServer.start()) {
            if (arguments.bootstrap() != null) {
                return run(new ShopRun(arguments, server.url(), arguments.bootstrap(), () -> {}, out, err));
            }
            try (EmbeddedBroker broker = EmbeddedBroker.start()) {
                return run(new ShopRun(arguments, server.url(), broker.bootstrap(), broker::restart, out, err));
            }
        }
    }

    private static boolean run(ShopRun run) {
        return Boolean.TRUE.equals(
                Mono.usingWhen(Mono.just(run), ShopRun::run, ShopRun::close).block());
    }
}
