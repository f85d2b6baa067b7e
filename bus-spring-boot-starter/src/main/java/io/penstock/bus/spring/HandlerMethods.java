package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ReflectionUtils;

/** Finds the methods of beans that are consumers. */
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

    List<ConsumerSpec<?>> specs() {
        List<ConsumerSpec<?>> specs = new ArrayList<>();
        for (String name : beans.getBeanNamesForType(Object.class, false, false)) {
            if (!ScopedProxyUtils.isScopedTarget(name)) {
                addSpecs(name, specs);
            }
        }
        return specs;
    }

    private void addSpecs(String name, List<ConsumerSpec<?>> specs) {
        Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
        if (type != null) {
            of(type).forEach((method, annotation) -> specs.add(spec(beans.getBean(name), type, method, annotation)));
        }
    }

    private ConsumerSpec<?> spec(Object bean, Class<?> type, Method method, EventConsumer annotation) {
        String name = String.valueOf(beans.resolveEmbeddedValue(annotation.value()));
        Method callable = AopUtils.selectInvocableMethod(method, bean.getClass());
        ReflectionUtils.makeAccessible(callable);
        return new HandlerMethod(bean, callable, HandlerParameters.of(method, type)).spec(name, annotation);
    }
}
