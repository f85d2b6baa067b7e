package io.penstock.bus.r2dbc;

import java.util.ArrayList;
import java.util.List;

/** Forms what is handed to a handler at once: single rows, or batches. A row that failed before goes alone. */
final class Units {

    private final int size;
    private final List<List<Claimed>> formed = new ArrayList<>();
    private List<Claimed> forming = new ArrayList<>();

    Units(int size) {
        this.size = size;
    }

    /** Adds a row and returns the unit it became part of. */
    List<Claimed> add(Claimed row) {
        if (size == 1) {
            List<Claimed> alone = List.of(row);
            formed.add(alone);
            return alone;
        }
        if (forming.size() >= size || !mayJoin(row, forming)) {
            close();
        }
        forming.add(row);
        return forming;
    }

    /** Whether the row would join this unit if it were added now. */
    boolean mayGrow(List<Claimed> unit, Claimed row) {
        return unit == forming && unit.size() < size && mayJoin(row, unit);
    }

    List<List<Claimed>> close() {
        if (!forming.isEmpty()) {
            formed.add(forming);
            forming = new ArrayList<>();
        }
        return formed;
    }

    /** Whether it may have killed its node. */
    static boolean isSuspected(List<Claimed> unit) {
        return unit.get(0).isSuspected();
    }

    static boolean mayJoin(Claimed row, List<Claimed> unit) {
        return unit.isEmpty() || !(goesAlone(row) || goesAlone(unit.get(0)));
    }

    private static boolean goesAlone(Claimed row) {
        return row.attempts() > 0 || row.isSuspected();
    }
}
