package io.penstock.bus.spring;

import io.penstock.bus.EventType;
import java.lang.reflect.Method;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.generate.GenerationContext;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.aot.BeanFactoryInitializationCode;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.util.ClassUtils;

/**
 * Tells a native image of what only reflection uses: handler methods, their payloads, every event type in the
 * application's packages, and the schema's scripts.
 */
final class NativeHints implements BeanFactoryInitializationAotProcessor {

    @Override
    public BeanFactoryInitializationAotContribution processAheadOfTime(ConfigurableListableBeanFactory beans) {
        Set<Method> handlers = new LinkedHashSet<>();
        Set<Class<?>> payloads = new LinkedHashSet<>(eventTypes(beans));
        HandlerMethods.beanClasses(beans).values().forEach(type -> {
            Class<?> declared = ClassUtils.getUserClass(type);
            HandlerMethods.of(declared).keySet().forEach(method -> {
                handlers.add(method);
                payloads.add(HandlerParameters.of(method, declared).payload());
            });
        });
        return new Contribution(handlers, payloads);
    }

    private static Set<Class<?>> eventTypes(BeanFactory beans) {
        Set<Class<?>> types = new LinkedHashSet<>();
        if (AutoConfigurationPackages.has(beans)) {
            ClassPathScanningCandidateComponentProvider scanner = new EventTypes();
            for (String root : AutoConfigurationPackages.get(beans)) {
                for (BeanDefinition found : scanner.findCandidateComponents(root)) {
                    types.add(ClassUtils.resolveClassName(String.valueOf(found.getBeanClassName()), loader()));
                }
            }
        }
        return types;
    }

    private static @Nullable ClassLoader loader() {
        return ClassUtils.getDefaultClassLoader();
    }

    /** Payloads may be nested, abstract or sealed, unlike components. */
    private static final class EventTypes extends ClassPathScanningCandidateComponentProvider {

        EventTypes() {
            super(false);
            addIncludeFilter(new AnnotationTypeFilter(EventType.class));
        }

        @Override
        protected boolean isCandidateComponent(AnnotatedBeanDefinition definition) {
            return true;
        }
    }

    private record Contribution(Set<Method> handlers, Set<Class<?>> payloads)
            implements BeanFactoryInitializationAotContribution {

        @Override
        public void applyTo(GenerationContext context, BeanFactoryInitializationCode code) {
            RuntimeHints hints = context.getRuntimeHints();
            handlers.forEach(method -> hints.reflection().registerMethod(method, ExecutableMode.INVOKE));
            new BindingReflectionHintsRegistrar()
                    .registerReflectionHints(hints.reflection(), payloads.toArray(Class<?>[]::new));
            hints.resources().registerPattern("io/penstock/bus/r2dbc/schema/*.sql");
        }
    }
}
