package io.penstock.crash;

/** What a node tells the rig: one line on stdout for each fact, written before the next one can happen. */
final class Tell {

    private Tell() {}

    static synchronized void line(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
