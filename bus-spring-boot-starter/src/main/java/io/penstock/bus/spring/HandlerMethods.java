package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.InvalidConsumerException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedObject;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ReflectionUtils;

/** Finds the methods of beans that are consumers. What is wrong with one is said with its bean and method. */
final class HandlerMethods {

    private final ConfigurableListableBeanFactory beans;

    HandlerMethods(ConfigurableListableBeanFactory beans) {
        this.beans = beans;
    }

    /** The annotated methods of a class, its parents and their interfaces. */
    static Map<Method, EventConsumer> of(Class<?> type) {
        if (!AnnotationUtils.isCandidateClass(type, EventConsumer.class)) {
            return Map.of();
        }
        return MethodIntrospector.selectMethods(type, (MethodIntrospector.MetadataLookup<EventConsumer>)
                method -> AnnotatedElementUtils.findMergedAnnotation(method, EventConsumer.class));
    }

    /** The classes of all beans by name, scopes and proxies looked through. */
    static Map<String, Class<?>> beanClasses(ConfigurableListableBeanFactory beans) {
        Map<String, Class<?>> classes = new LinkedHashMap<>();
        for (String name : beans.getBeanNamesForType(Object.class, true, false)) {
            Class<?> type = ScopedProxyUtils.isScopedTarget(name) ? null : targetClass(beans, name);
            if (type != null) {
                classes.put(name, type);
            }
        }
        return classes;
    }

    private static @Nullable Class<?> targetClass(ConfigurableListableBeanFactory beans, String name) {
        Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
        return type != null && ScopedObject.class.isAssignableFrom(type)
                ? AutoProxyUtils.determineTargetClass(beans, ScopedProxyUtils.getTargetBeanName(name))
                : type;
    }

    /** Gives each consumer, and where it is declared. */
    void forEach(BiConsumer<ConsumerSpec<?>, String> consumers) {
        beanClasses(beans)
                .forEach((name, type) -> of(type).forEach((method, annotation) ->
                        consumers.accept(spec(name, type, method, annotation), described(name, method))));
    }

    private ConsumerSpec<?> spec(String name, Class<?> type, Method method, EventConsumer annotation) {
        try {
            Supplier<Object> instances = instances(name);
            HandlerParameters parameters = HandlerParameters.of(method, type);
            Method callable = callable(method, instances.get());
            return new HandlerMethod(instances, callable, parameters)
                    .spec(resolved(annotation.value()), annotation, types(annotation));
        } catch (InvalidConsumerException refusal) {
            throw new InvalidConsumerException(refusal.getMessage() + " (" + described(name, method) + ")");
        }
    }

    /** A prototype is made anew for each delivery. */
    private Supplier<Object> instances(String name) {
        if (beans.isPrototype(name)) {
            return () -> beans.getBean(name);
        }
        if (!beans.isSingleton(name)) {
            throw new InvalidConsumerException("The bean is of the scope '"
                    + beans.getMergedBeanDefinition(name).getScope()
                    + "', which no delivery has: make it a singleton, or give it a scoped proxy");
        }
        Object bean = beans.getBean(name);
        return () -> bean;
    }

    /** The method by which a proxy, if the bean is one, passes the call on. */
    private static Method callable(Method method, Object bean) {
        if (AopUtils.isCglibProxy(bean) && Modifier.isFinal(method.getModifiers())) {
            throw new InvalidConsumerException(
                    "The method is final, and the proxy around its bean cannot pass the call on: make it not final");
        }
        try {
            Method callable = AopUtils.selectInvocableMethod(method, bean.getClass());
            ReflectionUtils.makeAccessible(callable);
            return callable;
        } catch (IllegalStateException unreachable) {
            throw new InvalidConsumerException(String.valueOf(unreachable.getMessage()));
        }
    }

    private String[] types(EventConsumer annotation) {
        return Arrays.stream(annotation.types()).map(this::resolved).toArray(String[]::new);
    }

    private String resolved(String value) {
        return String.valueOf(beans.resolveEmbeddedValue(value));
    }

    private static String described(String bean, Method method) {
        return "bean '" + bean + "', method " + method.toGenericString();
    }
}
