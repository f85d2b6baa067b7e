package io.penstock.examples.shop;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.test.context.SpringBootTest;

/** The shop on a database of its own, one for all tests: its carrier is fast, and its bus stricter than its checks. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(
        classes = Shop.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "shop.carrier-delay=1ms",
            "shop.heartbeat=20ms",
            "penstock.limits.max-name-length=50",
            "penstock.consumers.shipping.retry.initial-delay=1ms",
            "penstock.consumers.shipping.retry.max-delay=1ms"
        })
@interface ShopTest {}
