// Everything that comes from the server is shown by textContent: nothing of it is ever markup.

const $ = id => document.getElementById(id);
const STEPS = ["placed", "reserved", "invoiced", "shipped"];
const MOST_EVENTS = 200;
const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

async function ask(path, options) {
  const response = await fetch(path, options);
  const body = await response.text();
  const answer = body ? JSON.parse(body) : {};
  if (!response.ok) throw Object.assign(new Error(answer.detail || response.statusText), { problem: answer });
  return answer;
}

const send = (method, path, body) =>
  ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// Elements stay as long as what they show does, and with them focus and scroll position.
function show(list, items, key, make, update) {
  const before = new Map([...list.children].map(child => [child.dataset.key, child]));
  items.forEach((item, place) => {
    let shown = before.get(key(item));
    if (!shown) {
      shown = make(item);
      shown.dataset.key = key(item);
    }
    before.delete(key(item));
    if (list.children[place] !== shown) list.insertBefore(shown, list.children[place] || null);
    update(shown, item);
  });
  before.forEach(gone => gone.remove());
}

// Consumers

const LINE = ["stock", "invoicing", "shipping"];
const FIGURES = { ready: "ready", scheduled: "retrying", parked: "parked", dead: "dead" };

function makeConsumer(consumer) {
  const card = element("li", "consumer");
  const name = element("p", "name");
  name.append(element("b", "", consumer.name), element("span", "state"));
  const figures = element("dl");
  for (const [figure, label] of Object.entries(FIGURES)) {
    const pair = element("div");
    pair.append(element("dt", "", label), element("dd", figure));
    figures.append(pair);
  }
  const gauge = element("div", "gauge");
  gauge.append(element("i"));
  card.append(name, figures, gauge);
  return card;
}

function updateConsumer(card, consumer) {
  card.dataset.consumer = consumer.name;
  for (const figure of Object.keys(FIGURES)) {
    const value = card.querySelector("." + figure);
    value.textContent = consumer[figure];
    value.dataset.zero = consumer[figure] === 0;
  }
  const age = Math.round(consumer.oldestAgeMillis / 1000);
  const busy = age > 1 ? "oldest waits " + age + " s" : "backlog " + consumer.backlog;
  card.querySelector(".state").textContent = consumer.paused ? "paused" : consumer.backlog ? busy : "idle";
  // Wide enough to be seen at one, and never full.
  card.querySelector("i").style.width = 100 * (1 - 1 / (1 + consumer.backlog / 8)) + "%";
}

// Dead letters

const letterKey = letter => letter.consumer + " " + letter.event.id;

function makeLetter(letter) {
  const item = element("li", "letter");
  const text = element("div");
  text.append(
    element("p", "", `${letter.consumer} gave up ${letter.event.type} of ${letter.event.key || "nobody"} `
      + `after ${letter.attempts} ${letter.attempts === 1 ? "attempt" : "attempts"}`),
    element("p", "error", letter.error.split("\n")[0]));
  const button = element("button", "", "Redrive");
  button.type = "button";
  button.setAttribute("aria-label", `Redrive ${letter.event.type} of ${letter.event.key || "nobody"}`);
  button.addEventListener("click", () => redrive([letter], button));
  item.append(text, button);
  return item;
}

async function redrive(letters, button) {
  button.disabled = true;
  for (const letter of letters) {
    await ask(`/dead-letters/${encodeURIComponent(letter.consumer)}/${letter.event.id}/redrive`, { method: "POST" })
      .catch(error => answer(error.message, true));
  }
  button.disabled = false;
  refresh();
}

// Orders

function makeOrder(order) {
  const item = element("li");
  const what = element("p", "what");
  what.append(element("b", "", `${order.customer} — ${order.quantity} × ${order.product}`),
    element("span", "sum", money.format(order.total)));
  const detail = element("p", "detail");
  detail.append(element("code", "", order.id.slice(0, 8)), element("span", "papers"));
  const walk = element("p", "walk");
  for (const step of STEPS) walk.append(element("span", step, step));
  item.append(what, detail, walk);
  return item;
}

function updateOrder(item, order, stuck) {
  item.dataset.order = order.id;
  item.dataset.status = order.status;
  item.dataset.stuck = stuck;
  const reached = { placed: true, reserved: STEPS.indexOf(order.status) > 0, invoiced: order.invoice !== null,
    shipped: order.tracking !== null };
  for (const step of STEPS) {
    const shown = item.querySelector("." + step);
    shown.dataset.on = reached[step];
    shown.textContent = step === "reserved" && order.status === "out-of-stock" ? "out of stock"
      : step === "shipped" && stuck ? "dead letter" : step;
  }
  item.querySelector(".papers").textContent = [
    order.invoice !== null && "invoice " + order.invoice, order.tracking,
    clock.format(new Date(order.placedAt))].filter(Boolean).join(" · ");
}

// The whole picture, asked for when something happens and now and then: the rows are the truth.

let asking = false;
let again = false;

async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const [stats, letters, orders] = await Promise.all([ask("/stats"), ask("/dead-letters"), ask("/orders")]);
    showAll(stats, letters, orders);
  } catch (error) {
    console.warn("The shop does not answer: " + error.message);
  }
  asking = false;
  if (again) {
    again = false;
    setTimeout(refresh, 100);
  }
}

function showAll(stats, letters, orders) {
  const stuck = new Set(letters.filter(letter => letter.consumer === "shipping").map(letter => letter.event.aggregateId));
  stats.consumers.sort((one, other) => LINE.indexOf(one.name) - LINE.indexOf(other.name));
  show($("consumers"), stats.consumers, consumer => consumer.name, makeConsumer, updateConsumer);
  show($("letters"), letters, letterKey, makeLetter, () => {});
  show($("orders"), orders, order => order.id, makeOrder, (item, order) => updateOrder(item, order, stuck.has(order.id)));
  $("letters-panel").hidden = letters.length === 0;
  $("letters-count").textContent = letters.length;
  $("redrive-all").onclick = () => redrive(letters, $("redrive-all"));
  $("no-orders").hidden = orders.length > 0;
}

// Events

let held = [];

function listen() {
  const source = new EventSource("/events");
  source.onopen = () => link("live", "live");
  source.onerror = () => {
    link("lost", "connection lost, trying again");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
  source.onmessage = message => {
    const event = JSON.parse(message.data);
    if ($("hold").getAttribute("aria-pressed") === "true") {
      held.push(event);
      held = held.slice(-MOST_EVENTS);
      $("hold").textContent = `Go on (${held.length})`;
    } else {
      addEvent(event);
    }
    refresh();
  };
}

function link(state, text) {
  $("link").dataset.state = state;
  $("link").textContent = text;
  refresh();
}

function addEvent(event) {
  const item = element("li");
  item.dataset.type = event.type;
  item.dataset.about = event.aggregateId;
  const summary = element("summary");
  summary.append(element("span", "type", event.type),
    element("span", "about", `${event.key || ""} ${(event.aggregateId || "").slice(0, 8)}`),
    element("time", "", clock.format(new Date(event.occurredAt))));
  const details = element("details");
  details.append(summary, element("pre", "", JSON.stringify(event.payload, null, 2)));
  item.append(details);
  $("events").prepend(item);
  while ($("events").children.length > MOST_EVENTS) $("events").lastChild.remove();
  $("no-events").hidden = true;
}

function hold() {
  const holding = $("hold").getAttribute("aria-pressed") !== "true";
  $("hold").setAttribute("aria-pressed", holding);
  $("hold").textContent = holding ? "Go on" : "Hold";
  held.forEach(addEvent);
  held = [];
}

// Orders and the carrier, from the reader

function answer(text, bad) {
  $("answer").textContent = text;
  $("answer").dataset.bad = bad === true;
}

function mark(errors) {
  for (const field of ["customer", "product", "quantity"]) {
    $(field).setAttribute("aria-invalid", errors.some(error => error.field === field));
  }
}

async function place(event) {
  event.preventDefault();
  mark([]);
  const quantity = $("quantity").value;
  try {
    const order = await send("POST", "/orders", {
      customer: $("customer").value, product: $("product").value, quantity: quantity === "" ? null : Number(quantity) });
    answer(`Order ${order.id.slice(0, 8)} is placed.`);
  } catch (error) {
    mark(error.problem?.errors || []);
    answer(error.message, true);
  }
  refresh();
}

const CUSTOMERS = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Katherine"];

async function rush() {
  $("rush").disabled = true;
  const goods = [...$("product").options].map(option => option.value);
  const pick = list => list[Math.floor(Math.random() * list.length)];
  const orders = Array.from({ length: 25 }, () => send("POST", "/orders",
    { customer: pick(CUSTOMERS), product: pick(goods), quantity: 1 }));
  const placed = (await Promise.allSettled(orders)).filter(result => result.status === "fulfilled").length;
  answer(`${placed} orders are placed.`, placed < orders.length);
  $("rush").disabled = false;
  refresh();
}

function showStrike(carrier) {
  $("strike").setAttribute("aria-checked", carrier.onStrike);
}

function switchStrike() {
  const onStrike = $("strike").getAttribute("aria-checked") !== "true";
  send("PUT", "/carrier", { onStrike }).then(showStrike).catch(error => answer(error.message, true));
}

function showProducts(products) {
  for (const product of products) {
    const option = element("option", "", `${product.name} — ${money.format(product.price)}`);
    option.value = product.sku;
    $("product").append(option);
  }
}

$("order").addEventListener("submit", place);
$("rush").addEventListener("click", rush);
$("strike").addEventListener("click", switchStrike);
$("hold").addEventListener("click", hold);
ask("/products").then(showProducts).catch(error => answer(error.message, true));
ask("/carrier").then(showStrike).catch(() => {});
listen();
setInterval(refresh, 2000);
refresh();
