// What the scripts share: the lines they talk to the benchmark in, and the events it names.
//
//   script     READY               connected, filled, waiting
//   benchmark  GO
//   script     HANDLED n again sum so far: n events, how often one came again, the sum of their numbers
//   script     SAMPLES us,us,...   microseconds from publish to handler
//   script     DONE n              its own part is over
//   benchmark  STOP

import { createInterface } from "node:readline";

export const config = JSON.parse(process.argv[2]);

const words = new Map();
const word = (line) => {
  if (!words.has(line)) words.set(line, withResolvers());
  return words.get(line);
};

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}

createInterface({ input: process.stdin })
  .on("line", (line) => word(line).resolve())
  .on("close", () => process.exit(0));

export const heard = (line) => word(line).promise;

export const say = (line) => process.stdout.write(line + "\n");

/** Ends the process when what it said is written: a pipe takes 64 KiB at once, and an exit drops the rest. */
export const leave = () => process.stdout.write("", () => process.exit(0));

export const nowMicros = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

export const payload = (number, at = 0) => ({
  ...config.payload,
  number,
  customer: "customer-" + (number % config.customers),
  cents: 100 + number,
  at,
});

/** Counts how often each event came, and says so at most every few milliseconds. */
export class Tally {
  #seen = new Uint8Array(config.events);
  #first = 0;
  #again = 0;
  #sum = 0;
  #told = 0;
  #timer = setInterval(() => this.tell(), 5);
  samples = [];

  handled(event) {
    if (event.at) this.samples.push(nowMicros() - event.at);
    this.#sum += event.number;
    if (this.#seen[event.number]++ === 0) this.#first++;
    else this.#again++;
  }

  tell() {
    if (this.#told === this.#first + this.#again) return;
    this.#told = this.#first + this.#again;
    say(`HANDLED ${this.#first} ${this.#again} ${this.#sum}`);
  }

  close() {
    clearInterval(this.#timer);
    this.tell();
    if (this.samples.length) say("SAMPLES " + this.samples.join(","));
  }
}

/** Calls store(from, to) for slices of the events, one after the other in each of so many lanes. */
export async function inSlices(size, lanes, store) {
  let next = 0;
  const lane = async () => {
    while (next < config.events) {
      const from = next;
      next = Math.min(config.events, from + size);
      await store(from, next);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Calls store(number, at) at a fixed rate, whatever became of the calls before. */
export async function atRate(perSecond, store) {
  const start = performance.now();
  const stored = [];
  while (stored.length < config.events) {
    const due = Math.min(config.events, Math.ceil(((performance.now() - start) * perSecond) / 1000));
    while (stored.length < due) stored.push(store(stored.length, nowMicros()));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(stored);
}

/** Opens every connection of a pool before the clock starts, as HikariCP does by itself. */
export const fillPool = (query) =>
  Promise.all(Array.from({ length: config.connections }, () => query("select pg_sleep(0.1)")));

export const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

/** A business row and an event in one transaction of a pooled client; without the event if so configured. */
export async function inTransaction(pool, number, storeEvent) {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("insert into business_order (number, customer, cents) values ($1, $2, $3)", [
      number,
      "customer-" + (number % config.customers),
      100 + number,
    ]);
    await storeEvent(client);
    await client.query("commit");
  } finally {
    client.release();
  }
}
