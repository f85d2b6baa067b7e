package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;

/** The rooms of the module form a list, not a net, and look only where they may. */
class RoomsTests {

    private static final String PACKAGE = "io.penstock.bus.kafka";
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
    void nothingButTheClientTheApiAndReactorIsNeeded() {
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
                        "org.apache.kafka.clients.consumer..",
                        "org.apache.kafka.clients.producer..",
                        "org.apache.kafka.common..",
                        "tools.jackson..")
                .check(ROOMS);
    }

    @Test
    void oneRoomSendsAndOneReads() {
        onlyKnows("TopicWriter", KafkaProducer.class);
        onlyKnows("TopicReader", KafkaConsumer.class);
    }

    @Test
    void oneRoomKnowsKafkasErrors() {
        ArchRuleDefinition.noClasses()
                .that()
                .doNotHaveSimpleName("KafkaErrors")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka.common.errors..")
                .check(ROOMS);
    }

    @Test
    void onlyAHandfulOfTypesIsPublic() {
        assertThat(visible())
                .extracting(JavaClass::getSimpleName)
                .containsExactlyInAnyOrder(
                        "IngressOptions",
                        "KafkaBridgeListener",
                        "KafkaIngress",
                        "KafkaRelay",
                        "LoggingKafkaBridgeListener",
                        "RecordFormat",
                        "RecordPosition",
                        "RecordRefusedException",
                        "RelayOptions",
                        "Route",
                        "Routing",
                        "UnreadableRecords");
    }

    @Test
    void noPublicMethodShowsATypeOfKafkas() {
        assertThat(visible()
                        .flatMap(room -> room.getMethods().stream())
                        .filter(method -> method.getModifiers().contains(JavaModifier.PUBLIC))
                        .flatMap(method -> Stream.concat(
                                Stream.of(method.getRawReturnType()), method.getRawParameterTypes().stream()))
                        .map(JavaClass::getName))
                .noneMatch(name -> name.startsWith("org.apache.kafka"));
    }

    private static void onlyKnows(String room, Class<?> client) {
        ArchRuleDefinition.noClasses()
                .that()
                .doNotHaveSimpleName(room)
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are " + client.getSimpleName(), type -> type.isEquivalentTo(client)))
                .check(ROOMS);
    }

    private static Stream<JavaClass> visible() {
        return ROOMS.stream()
                .filter(room -> room.isTopLevelClass() && room.getModifiers().contains(JavaModifier.PUBLIC));
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
