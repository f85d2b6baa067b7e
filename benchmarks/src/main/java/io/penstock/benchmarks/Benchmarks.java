package io.penstock.benchmarks;

/** Runs workloads; {@code --help} tells the options. */
public final class Benchmarks {

    private Benchmarks() {}

    public static void main(String[] args) {
        System.out.println("no workload is there yet");
    }
}
