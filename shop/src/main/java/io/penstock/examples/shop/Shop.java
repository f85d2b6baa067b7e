package io.penstock.examples.shop;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;

/** A shop that takes orders by HTTP and lets consumers do the rest. Options are Spring's: {@code --server.port=0}. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(ShopProperties.class)
public class Shop {

    private static final int FAILED = 1;

    public static void main(String[] args) {
        if (!run(args)) {
            System.exit(FAILED);
        }
    }

    /** The database is part of the program, not of the application: tests bring one of their own. */
    private static boolean run(String... args) {
        try {
            ConfigurableApplicationContext shop = new SpringApplication(Shop.class, KeptDatabase.class).run(args);
            return !shop.getBean(ShopProperties.class).check() || check(shop);
        } catch (RuntimeException e) {
            // Spring has said why.
            return false;
        }
    }

    private static boolean check(ConfigurableApplicationContext shop) {
        try (shop) {
            return new SelfCheck(shop.getEnvironment()).passes();
        }
    }
}
