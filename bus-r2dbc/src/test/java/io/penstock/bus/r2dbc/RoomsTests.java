package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.r2dbc.spi.R2dbcException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The rooms of the module form a list, not a net, and look only where they may. */
class RoomsTests {

    private static final String PACKAGE = "io.penstock.bus.r2dbc";
    private static final JavaClasses ROOMS =
            new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages(PACKAGE);

    @Test
    void noTwoRoomsNeedEachOther() {
        Map<String, Set<String>> needs = needs();

        // Rooms that need none of those left are taken away, again and again; what stays has a circle in it.
        while (needs.values().removeIf(Set::isEmpty)) {
            needs.values().forEach(needed -> needed.retainAll(needs.keySet()));
        }

        assertThat(needs).isEmpty();
    }

    @Test
    void nothingButTheDriverTheApiAndReactorIsNeeded() {
        ArchRuleDefinition.classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        PACKAGE,
                        "io.penstock.bus",
                        "java..",
                        "reactor..",
                        "org.reactivestreams..",
                        "org.jspecify..",
                        "org.slf4j..",
                        "io.r2dbc.spi..",
                        "io.r2dbc.pool..",
                        "io.r2dbc.postgresql.api..",
                        "tools.jackson..")
                .check(ROOMS);
    }

    @Test
    void onlyAHandfulOfTypesIsPublic() {
        List<String> visible = new ArrayList<>();
        ROOMS.stream()
                .filter(room -> room.isTopLevelClass() && room.getModifiers().contains(JavaModifier.PUBLIC))
                .forEach(room -> visible.add(room.getSimpleName()));

        assertThat(visible)
                .containsExactlyInAnyOrder(
                        "BusOptions",
                        "BusTransaction",
                        "LoggingBusListener",
                        "Publication",
                        "R2dbcEventBus",
                        "SchemaMode",
                        "TransactionEnding");
    }

    @Test
    void oneRoomKnowsSqlStates() {
        ArchRuleDefinition.noClasses()
                .that()
                .doNotHaveSimpleName("DatabaseErrors")
                .should()
                .callMethod(R2dbcException.class, "getSqlState")
                .check(ROOMS);
    }

    @Test
    void noRoomReadsTheClockOfItsNode() {
        ArchRuleDefinition.noClasses()
                .should()
                .accessTargetWhere(DescribedPredicate.describe("is a wall clock", RoomsTests::isAWallClock))
                .check(ROOMS);
    }

    /** Also as a method reference. */
    private static boolean isAWallClock(JavaAccess<?> access) {
        String name = access.getTarget().getName();
        JavaClass owner = access.getTargetOwner();
        return (owner.getPackageName().equals("java.time") && name.equals("now"))
                || (owner.isEquivalentTo(System.class) && name.equals("currentTimeMillis"))
                || (owner.isEquivalentTo(Date.class) && name.equals("<init>"))
                || owner.isAssignableTo(Clock.class);
    }

    private static Map<String, Set<String>> needs() {
        Map<String, Set<String>> needs = new TreeMap<>();
        for (JavaClass room : ROOMS) {
            String name = topLevel(room);
            room.getDirectDependenciesFromSelf().forEach(dependency -> {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                Set<String> needed = needs.computeIfAbsent(name, ignored -> new TreeSet<>());
                if (target.getPackageName().equals(PACKAGE) && !topLevel(target).equals(name)) {
                    needed.add(topLevel(target));
                }
            });
        }
        return needs;
    }

    private static String topLevel(JavaClass room) {
        String name = room.getName().substring(PACKAGE.length() + 1);
        return name.contains("$") ? name.substring(0, name.indexOf('$')) : name;
    }
}
