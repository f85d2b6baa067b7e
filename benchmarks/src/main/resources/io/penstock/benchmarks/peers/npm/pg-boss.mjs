import pg from "pg";
import PgBoss from "pg-boss";
import { atRate, config, fillPool, heard, inSlices, inTransaction, leave, numbers, payload, say, Tally } from "./driver.mjs";

const QUEUE = "order-placed";
const boss = new PgBoss({ connectionString: config.url, max: config.connections });
boss.on("error", (error) => console.error(error));
await boss.start();
await boss.createQueue(QUEUE);
await fillPool((sql) => boss.getDb().executeSql(sql));

const workers = [];
const wake = () => workers.forEach((id) => boss.notifyWorker(id));
const store = (number, at) => boss.send(QUEUE, payload(number, at));
const storeAll = (from, to) => boss.insert(numbers(from, to).map((number) => ({ name: QUEUE, data: payload(number) })));

/** Starts workers; where tuned, a full batch makes its worker fetch again at once instead of at its next poll. */
async function work(tally) {
  const { workers: count = 1, notify, ...options } = config.settings;
  for (let i = 0; i < count; i++) {
    const mine = boss.work(QUEUE, options, async (jobs) => {
      for (const job of jobs) tally.handled(job.data);
      if (notify && jobs.length === options.batchSize) boss.notifyWorker(await mine);
    });
    workers.push(await mine);
  }
}

const roles = {
  async fill() {
    await inSlices(1000, 1, storeAll);
  },
  async "publish-bulk"() {
    say("READY");
    await heard("GO");
    await inSlices(config.batch, config.lanes, storeAll);
  },
  async "publish-single"() {
    say("READY");
    await heard("GO");
    await inSlices(1, config.inFlight, (number) => store(number));
  },
  async "publish-tx"() {
    const pool = new pg.Pool({ connectionString: config.url, max: config.connections });
    pool.on("error", (error) => console.error(error));
    await fillPool((sql) => pool.query(sql));
    say("READY");
    await heard("GO");
    await inSlices(1, config.inFlight, (number) =>
      inTransaction(pool, number, (client) => {
        const db = { executeSql: (text, values) => client.query(text, values) };
        return boss.send(QUEUE, payload(number), { db });
      }),
    );
    await pool.end();
  },
  async work() {
    const tally = new Tally();
    say("READY");
    await heard("GO");
    await work(tally);
    await heard("STOP");
    tally.close();
  },
  async latency() {
    const tally = new Tally();
    await work(tally);
    say("READY");
    await heard("GO");
    await atRate(config.rate, async (number, at) => {
      await store(number, at);
      if (config.settings.notify) wake();
    });
    await heard("STOP");
    tally.close();
  },
};

await roles[config.role]();
say("DONE " + config.events);
await boss.stop({ graceful: false });
leave();
