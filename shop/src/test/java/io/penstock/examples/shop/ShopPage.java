package io.penstock.examples.shop;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.FluentWait;
import org.openqa.selenium.support.ui.Select;

/** The page, as somebody uses it who waits until it shows what is to come. */
final class ShopPage {

    private final ChromeDriver browser;

    private ShopPage(ChromeDriver browser) {
        this.browser = browser;
    }

    static ShopPage open(ChromeDriver browser, int port) {
        browser.manage().logs().get(LogType.BROWSER);
        browser.get("http://localhost:" + port + "/");
        ShopPage page = new ShopPage(browser);
        page.await("#link[data-state=live]");
        page.await("#product option");
        return page;
    }

    void fill(String customer, String product, String quantity) {
        set("customer", customer);
        new Select(find("#product")).selectByValue(product);
        set("quantity", quantity);
    }

    void click(String css) {
        await(css).click();
    }

    /** The order of this customer that was placed last, in this state. */
    WebElement awaitOrder(String customer, String status) {
        return awaitThat(() -> all("#orders > li[data-status='" + status + "']").stream()
                .filter(order -> order.getText().startsWith(customer + " — "))
                .findFirst()
                .orElse(null));
    }

    WebElement await(String css) {
        return awaitThat(() -> {
            WebElement element = browser.findElement(By.cssSelector(css));
            return element.isDisplayed() || element.getTagName().equals("option") ? element : null;
        });
    }

    void awaitGone(String css) {
        awaitThat(() -> all(css).stream().noneMatch(WebElement::isDisplayed));
    }

    void awaitText(String css, String part) {
        awaitThat(() -> find(css).getText().contains(part));
    }

    WebElement find(String css) {
        return browser.findElement(By.cssSelector(css));
    }

    List<WebElement> all(String css) {
        return browser.findElements(By.cssSelector(css));
    }

    /** What the browser has complained of since the page was opened. */
    List<String> complaints() {
        return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    private void set(String id, String value) {
        WebElement field = find("#" + id);
        field.clear();
        field.sendKeys(value);
    }

    private <T> T awaitThat(Supplier<T> condition) {
        return new FluentWait<>(browser)
                .withTimeout(ShopClient.PATIENCE)
                .pollingEvery(Duration.ofMillis(20))
                .ignoring(NoSuchElementException.class, StaleElementReferenceException.class)
                .until(unused -> condition.get());
    }
}
