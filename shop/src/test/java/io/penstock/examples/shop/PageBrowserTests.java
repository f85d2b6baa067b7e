package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.springframework.beans.factory.annotation.Value;

@ShopTest
@Tag("browser")
class PageBrowserTests {

    private static ChromeDriver browser;

    private ShopPage page;
    private ShopClient shop;

    @BeforeAll
    static void start(@TempDir Path profile) {
        browser = Chromium.start(profile);
    }

    @AfterAll
    static void stop() {
        browser.quit();
    }

    @BeforeEach
    void open(@Value("${local.server.port}") int port) {
        shop = new ShopClient(port);
        page = ShopPage.open(browser, port);
    }

    @AfterEach
    void endTheStrike() {
        shop.strike(false);
    }

    @Test
    void anOrderIsSeenUntilItIsShippedAndItsEventsFlow() {
        page.fill("Ada in the browser", "teapot", "2");
        page.click("#place");
        page.awaitText("#answer", "is placed");
        WebElement order = page.awaitOrder("Ada in the browser", "shipped");
        String id = order.getDomAttribute("data-order");
        for (String type : new String[] {"order.placed", "stock.reserved", "invoice.written", "order.shipped"}) {
            page.await("#events li[data-type='" + type + "'][data-about='" + id + "']");
        }
        assertThat(order.getText()).contains("49.00", "invoice ", "T-");
        assertThat(page.complaints()).isEmpty();
    }

    @Test
    void aDeadLetterIsMadeAndRedriven() {
        page.click("#strike");
        page.await("#strike[aria-checked=true]");
        page.fill("Grace in the browser", "lamp", "1");
        page.click("#place");
        page.awaitText("#letters", "Grace in the browser after 3 attempts");
        page.awaitText("#letters", "The carrier is on strike");
        page.awaitText(".consumer[data-consumer=shipping] .dead", "1");
        page.await("#orders li[data-stuck=true]");

        page.click("#strike");
        page.await("#strike[aria-checked=false]");
        page.click(".letter button");
        page.awaitOrder("Grace in the browser", "shipped");
        page.awaitGone("#letters-panel");
        assertThat(shop.deadLetters()).isEmpty();
    }

    @Test
    void whatIsSoldOutIsShownSo() {
        page.fill("Edsger in the browser", "unicorn", "1");
        page.click("#place");
        assertThat(page.awaitOrder("Edsger in the browser", "out-of-stock").getText())
                .contains("out of stock");
    }

    @Test
    void whatTheShopRefusesIsSaidBesideTheForm() {
        page.fill("   ", "teapot", "1");
        page.click("#place");
        page.awaitText("#answer", "customer is \" \"");
        assertThat(page.find("#customer").getDomAttribute("aria-invalid")).isEqualTo("true");
    }

    @Test
    void whatPeopleTypeIsShownAndNeverRun() {
        String name = "<img src=x onerror=alert(1)>";
        page.fill(name, "teapot", "1");
        page.click("#place");
        assertThat(page.awaitOrder(name, "shipped").getText()).contains(name);
        page.awaitText("#events", name);
        assertThat(page.all("main img")).isEmpty();
    }

    @Test
    void anOrderIsPlacedByKeyboardAlone() {
        page.find("body").sendKeys(Keys.TAB);
        WebElement skip = browser.switchTo().activeElement();
        assertThat(skip.getText()).isEqualTo("Skip to the order form");
        skip.sendKeys(Keys.ENTER);
        page.find("body").sendKeys(Keys.TAB);
        WebElement customer = browser.switchTo().activeElement();
        assertThat(customer.getDomAttribute("id")).isEqualTo("customer");
        customer.sendKeys(Keys.chord(Keys.CONTROL, "a"), "Barbara by keyboard", Keys.ENTER);
        page.awaitOrder("Barbara by keyboard", "shipped");
    }

    @Test
    void aPhoneShowsThePageWithoutScrollingSideways() {
        browser.manage().window().setSize(new Dimension(500, 900));
        page.fill("a-name-of-forty-characters-without-a-gap", "teapot", "1");
        page.click("#place");
        page.awaitOrder("a-name-of-forty-characters-without-a-gap", "shipped");
        assertThat(browser.executeScript("return document.documentElement.scrollWidth > window.innerWidth"))
                .isEqualTo(false);
        browser.manage().window().setSize(new Dimension(1440, 1000));
    }
}
