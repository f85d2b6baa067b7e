package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DelegatingEventBusTests {

    static Method[] everyMethodIsTheOthers() {
        return EventBus.class.getMethods();
    }

    @ParameterizedTest
    @MethodSource
    void everyMethodIsTheOthers(Method method) throws ReflectiveOperationException {
        List<Method> called = new ArrayList<>();
        EventBus other = (EventBus) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {EventBus.class}, (proxy, callee, arguments) -> {
                    called.add(callee);
                    return null;
                });
        method.invoke(new DelegatingEventBus(other) {}, new Object[method.getParameterCount()]);
        assertThat(called).containsExactly(method);
    }
}
