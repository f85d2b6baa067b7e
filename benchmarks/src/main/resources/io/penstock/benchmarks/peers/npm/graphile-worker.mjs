import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { atRate, config, fillPool, heard, inSlices, inTransaction, leave, numbers, payload, say, Tally } from "./driver.mjs";

const TASK = "order_placed";
// It logs every finished job by default, to the console: no figure of ours pays for that either.
const logger = new Logger(() => () => {});
const pool = new pg.Pool({ connectionString: config.url, max: config.connections });
pool.on("error", (error) => console.error(error));
pool.on("connect", (client) => client.on("error", (error) => console.error(error)));
const utils = await makeWorkerUtils({ pgPool: pool, logger });
await utils.migrate();
await fillPool((sql) => pool.query(sql));

const spec = (number) => ({ identifier: TASK, payload: payload(number) });
const store = (number, at) => utils.addJob(TASK, payload(number, at));
const storeAll = (from, to) => utils.addJobs(numbers(from, to).map(spec));

/** Starts the worker; what it fetches meanwhile waits for the gate. */
async function work(tally, gate) {
  let entered;
  const busy = new Promise((resolve) => (entered = resolve));
  const runner = await run({
    preset: { worker: { connectionString: config.url, ...config.settings } },
    logger,
    noHandleSignals: true,
    taskList: {
      [TASK]: async (event) => {
        entered();
        await gate;
        tally.handled(event);
      },
    },
  });
  return { busy, stop: () => runner.stop() };
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
    say("READY");
    await heard("GO");
    await inSlices(1, config.inFlight, (number) =>
      inTransaction(pool, number, (client) =>
        client.query("select graphile_worker.add_job($1, $2)", [TASK, payload(number)]),
      ),
    );
  },
  async work() {
    const tally = new Tally();
    const go = heard("GO");
    const worker = await work(tally, go);
    if (config.filled) await worker.busy;
    say("READY");
    await heard("STOP");
    await worker.stop();
    tally.close();
  },
  async latency() {
    const tally = new Tally();
    const worker = await work(tally, undefined);
    say("READY");
    await heard("GO");
    await atRate(config.rate, store);
    await heard("STOP");
    await worker.stop();
    tally.close();
  },
};

await roles[config.role]();
say("DONE " + config.events);
await utils.release();
await pool.end();
leave();
