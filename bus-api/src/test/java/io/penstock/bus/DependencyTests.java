package io.penstock.bus;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Date;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class DependencyTests {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.penstock.bus");
    private static final JavaClasses TESTS = new ClassFileImporter()
            .withImportOption(new ImportOption.OnlyIncludeTests())
            .importPackages("io.penstock.bus");

    @Test
    void bothTreesAreLookedAt() {
        assertThat(MAIN.contain(Event.class)).isTrue();
        assertThat(MAIN.contain(DependencyTests.class)).isFalse();
        assertThat(TESTS.contain(DependencyTests.class)).isTrue();
    }

    @Test
    void theApiKnowsNobodyButReactorJspecifyAndJackson() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.penstock.bus",
                        "java..",
                        "reactor..",
                        "org.reactivestreams..",
                        "org.jspecify..",
                        "tools.jackson..",
                        "com.fasterxml.jackson.annotation..")
                .check(MAIN);
    }

    @Test
    void jacksonIsKnownToTheCodecItsReasonsAndTheUpcasterOnly() {
        noClasses()
                .that(DescribedPredicate.not(belongTo(JacksonEventCodec.class, JacksonReason.class, Upcaster.class)))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("tools.jackson..", "com.fasterxml..")
                .check(MAIN);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("io.penstock.(**)").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<JavaPackage> packages = MAIN.stream().map(JavaClass::getPackage).collect(Collectors.toSet());

        assertThat(packages)
                .isNotEmpty()
                .allSatisfy(room -> assertThat(room.isAnnotatedWith(NullMarked.class))
                        .as(room.getName())
                        .isTrue());
    }

    @Test
    void mainCodeNeitherSubscribesNorBlocks() {
        noClasses()
                .should()
                .callMethodWhere(DescribedPredicate.describe("subscribe or block", call -> {
                    String name = call.getTarget().getName();
                    return call.getTargetOwner().isAssignableTo(org.reactivestreams.Publisher.class)
                            && (name.equals("subscribe") || name.startsWith("block") || name.equals("toIterable"));
                }))
                .check(MAIN);
    }

    @Test
    void nobodySleepsAndNobodyWritesToTheConsole() {
        noClasses().should().callMethod(Thread.class, "sleep", long.class).check(MAIN);
        noClasses().should().callMethod(Thread.class, "sleep", long.class).check(TESTS);
        noClasses().should().accessField(System.class, "out").check(MAIN);
        noClasses().should().accessField(System.class, "err").check(MAIN);
    }

    @Test
    void nobodyReadsTheRandomSourceOfTheSystemWhichBlocks() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(SecureRandom.class)
                .orShould()
                .callMethod(UUID.class, "randomUUID")
                .check(MAIN);
    }

    @Test
    void theWallClockIsReadForAnEventsTimeAndItsIdOnly() {
        noClasses()
                .that(DescribedPredicate.not(belongTo(Event.class, EventIds.class)))
                .should()
                .accessTargetWhere(DescribedPredicate.describe("is a wall clock", DependencyTests::isAWallClock))
                .check(MAIN);
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

    @Test
    void everythingThrownHasTheOneRoot() {
        classes()
                .that()
                .areAssignableTo(Throwable.class)
                .should()
                .beAssignableTo(PenstockException.class)
                .check(MAIN);
    }

    @Test
    void whatSeveralThreadsShareHasFinalFields() {
        fields().that()
                .areDeclaredInClassesThat(DescribedPredicate.describe(
                        "are public and no builders",
                        type -> type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.getSimpleName().equals("Builder")))
                .should()
                .beFinal()
                .check(MAIN);
    }

    @Test
    void noPublicMethodShowsATypeThatUsersCannotName() {
        methods()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .arePublic()
                .should(showOnlyPublicTypes())
                .check(MAIN);
    }

    @Test
    void whatMayTakeTimeIsAMonoOrAFlux() {
        methods()
                .that()
                .areDeclaredIn(EventBus.class)
                .and()
                .doNotHaveName("deadLetters")
                .or()
                .areDeclaredIn(DeadLetters.class)
                .should()
                .haveRawReturnType(DescribedPredicate.describe(
                        "Mono or Flux", type -> type.isAssignableTo(Mono.class) || type.isAssignableTo(Flux.class)))
                .check(MAIN);
    }

    private static DescribedPredicate<JavaClass> belongTo(Class<?>... owners) {
        return JavaClass.Predicates.belongToAnyOf(owners);
    }

    private static ArchCondition<JavaMethod> showOnlyPublicTypes() {
        return new ArchCondition<>("show only public types") {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                Stream.concat(Stream.of(method.getRawReturnType()), method.getRawParameterTypes().stream())
                        .map(JavaClass::getBaseComponentType)
                        .filter(type -> type.getPackageName().startsWith("io.penstock"))
                        .filter(type -> !type.getModifiers().contains(JavaModifier.PUBLIC))
                        .forEach(type -> events.add(SimpleConditionEvent.violated(
                                method, method.getFullName() + " shows " + type.getName())));
            }
        };
    }
}
