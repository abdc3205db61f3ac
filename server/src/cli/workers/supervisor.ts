/**
 * `--workers N`: one process that serves nothing itself, and N that share its ports. It replaces a worker that dies, brings
 * new ones up before old ones go when the settings are read again (SIGHUP), sums their metrics, and drains all at the end.
 *
 *     signals → Supervisor → fork ── "serving" ──▶ announce, or let the old one go
 *                     ▲                │ exit
 *                     └── after a wait ┘
 */
import cluster, { type Worker } from "node:cluster";
import type { Loaded, LoadOutcome } from "../../config/load.ts";
import { createLog, type Logger } from "../../ops/log.ts";
import { DRAIN_MS_MAX } from "../../ops/shutdown.ts";
import type { Roles } from "../serve.ts";
import { tellPlaceholder } from "../wiring-access.ts";
import { CliError, type ExitCode, type World } from "../world.ts";
import { type FromWorker, type Order, tell } from "./messages.ts";
import { MetricsSum } from "./metrics-sum.ts";

/** What all workers have in common. */
type Settings = Omit<Order, "number">;

/** Wait before a worker that died is replaced: doubled each time, up to the maximum, in milliseconds. */
const REPLACE_WAIT_MS = 100;
const REPLACE_WAIT_MS_MAX = 10_000;

/** A worker that has served this long was started well, in milliseconds: waits begin from the lowest again. */
const STEADY_MS = 10_000;

/** How long a worker may take to close after its drain, before it is killed, in milliseconds. */
const CLOSE_MS_MAX = 2_000;

const SECRET_BYTES = 32;

/** Serves until a signal comes. @throws CliError when the first workers can't start: they have said why */
export async function supervise(
  world: World,
  loaded: Loaded,
  roles: Roles,
  reload: () => Promise<LoadOutcome>,
): Promise<ExitCode> {
  const { config } = loaded;
  const log = createLog({
    level: config.log_level,
    readable: config.debug || world.err.isTerminal,
    write: world.err.write,
  });
  if (roles.web) tellPlaceholder(log, loaded);
  const secretKey = world.randomBytes(SECRET_BYTES).toString("hex");
  const supervisor = new Supervisor(log, { loaded, secretKey });
  const stopHearing = [
    world.onSignal((signal) => supervisor.stop(signal)),
    world.onReload(() => void reload().then((outcome) => supervisor.reload(outcome))),
  ];
  try {
    const banner = await supervisor.start();
    if (banner !== undefined) {
      log.info({ workers: config.workers }, "supervising");
      world.out.write(banner);
    }
    return await supervisor.finished;
  } finally {
    for (const stop of stopHearing) stop();
  }
}

class Supervisor {
  readonly finished: Promise<ExitCode>;
  readonly #log: Logger;
  readonly #metrics = new MetricsSum();
  /** Workers that are meant to serve, by number; those that were told to stop are no longer among them. */
  readonly #current = new Map<number, Worker>();
  readonly #released = new WeakSet<Worker>();
  /** How long each may take from the signal to its end, by its own settings. */
  readonly #stopMs = new WeakMap<Worker, number>();
  #settings: Settings;
  #waitMs = REPLACE_WAIT_MS;
  #stopping = false;
  /** Settings that were read and are not in force yet, the last ones; `undefined` while no worker is started on any. */
  #wanted: Settings | undefined;
  #failed = false;
  #finish: (code: ExitCode) => void = () => {};

  constructor(log: Logger, settings: Settings) {
    this.#log = log;
    this.#settings = settings;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    // Workers accept by themselves. The other way, by turns through this process, loses the connections that are being
    // handed to a worker when it is killed: they are neither answered nor closed.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.on("message", (worker, message: FromWorker) => this.#metrics.hear(worker, message));
    cluster.on("exit", (worker, code, signal) => this.#gone(worker, code, signal));
  }

  /** Resolves with what a person should read when every worker listens; with nothing where it was stopped before. */
  async start(): Promise<string | undefined> {
    try {
      const numbers = Array.from({ length: this.#workers }, (_, index) => index + 1);
      const [banner] = await Promise.all(numbers.map((number) => this.#launch(number)));
      return banner;
    } catch (error) {
      if (this.#stopping) return undefined;
      this.#stopAll();
      await this.finished;
      throw error;
    }
  }

  stop(reason: string): void {
    if (this.#stopping) return;
    this.#log.info({ reason }, "stopping");
    this.#stopAll();
  }

  /** What is read while others are coming into force does after them. */
  async reload(outcome: LoadOutcome): Promise<void> {
    if (outcome.kind === "refused") {
      this.#log.error({ problems: outcome.problems }, "settings refused; the old ones stay in force");
      return;
    }
    const isReloading = this.#wanted !== undefined;
    this.#wanted = { ...this.#settings, loaded: outcome };
    if (isReloading) return;
    for (let settings: Settings | undefined; this.#wanted !== settings; ) {
      settings = this.#wanted;
      await this.#bringIn(settings);
    }
    this.#wanted = undefined;
  }

  /** One after the other: a new worker listens before an old one goes. What can't start leaves the old ones serving. */
  async #bringIn(settings: Settings): Promise<void> {
    try {
      for (let number = 1; number <= settings.loaded.config.workers; number += 1) {
        if (this.#stopping) return;
        await this.#launch(number, settings);
        // One serves with them, so who dies from now on is replaced by one with them.
        this.#settings = settings;
      }
      for (const [number, worker] of this.#current) if (number > this.#workers) this.#release(worker);
      this.#log.info({ workers: this.#workers }, "settings reloaded");
    } catch (error) {
      if (this.#stopping) return;
      this.#log.error({ err: error }, "could not start a worker on the new settings; the old ones go on");
    }
  }

  get #workers(): number {
    return this.#settings.loaded.config.workers;
  }

  /**
   * Resolves with its banner when the worker listens. Whoever had its number then goes.
   * @throws CliError when it ends before; Error when it can't be forked
   */
  #launch(number: number, settings: Settings = this.#settings): Promise<string> {
    return new Promise((resolve, reject) => {
      // In here, because a machine short of memory makes it throw: a worker that could not start, as any other.
      const worker = cluster.fork();
      this.#stopMs.set(worker, settings.loaded.config.drain_delay * 1_000 + DRAIN_MS_MAX + CLOSE_MS_MAX);
      let served = false;
      // A machine short of processes tells it later, and so does a message to a worker that has just gone.
      worker.on("error", (error) => {
        if (!isForked(worker)) return reject(new CliError(`A worker could not start: ${error.message}`, 1));
        this.#log.warn({ pid: worker.process.pid, err: error }, "trouble with a worker");
      });
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "order-wanted") tell(worker, { kind: "order", order: { ...settings, number } });
        if (message.kind !== "serving") return;
        served = true;
        const before = this.#current.get(number);
        // Whoever was started first has the older settings, also where it serves last.
        const isLatest = before === undefined || before.id < worker.id;
        if (isLatest) this.#current.set(number, worker);
        if (before !== undefined) this.#release(isLatest ? before : worker);
        const steady = setTimeout(() => {
          this.#waitMs = REPLACE_WAIT_MS;
        }, STEADY_MS);
        worker.once("exit", () => clearTimeout(steady));
        if (this.#stopping) this.#release(worker);
        resolve(message.banner);
      });
      worker.once("exit", (code, signal: string | null) => {
        if (served) {
          this.#failed ||= this.#stopping && code !== 0;
          return;
        }
        const failed = () => reject(new CliError("A worker could not start.", code === 2 ? 2 : 1));
        // One that ended by itself has said why, and would again; one that was killed would not.
        if (signal === null || this.#stopping) return failed();
        this.#log.error({ pid: worker.process.pid, signal }, "worker died before it served; starting another");
        setTimeout(() => (this.#stopping ? failed() : resolve(this.#launch(number, settings))), this.#nextWaitMs());
      });
    });
  }

  /** Signals once: a worker takes a second signal for impatience, and cuts what it is answering. */
  #release(worker: Worker): void {
    if (this.#released.has(worker)) return;
    this.#released.add(worker);
    const number = this.#numberOf(worker);
    if (number !== undefined) this.#current.delete(number);
    worker.process.kill("SIGTERM");
    const kill = setTimeout(() => worker.process.kill("SIGKILL"), this.#stopMs.get(worker));
    worker.once("exit", () => clearTimeout(kill));
  }

  #gone(worker: Worker, code: number, signal: string): void {
    const number = this.#numberOf(worker);
    if (number !== undefined && !this.#stopping) {
      this.#current.delete(number);
      this.#log.error({ pid: worker.process.pid, code, signal, waitMs: this.#waitMs }, "worker died; replacing it");
      this.#replace(number);
    }
    if (this.#stopping && forkedWorkers().length === 0) {
      this.#log.info("stopped");
      this.#finish(this.#failed ? 1 : 0);
    }
  }

  /** `undefined` of one that is not meant to serve. */
  #numberOf(worker: Worker): number | undefined {
    return [...this.#current].find(([, current]) => current === worker)?.[0];
  }

  #nextWaitMs(): number {
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(waitMs * 2, REPLACE_WAIT_MS_MAX);
    return waitMs;
  }

  #replace(number: number): void {
    setTimeout(() => {
      // New settings may have filled the place, or done away with it.
      if (this.#stopping || this.#current.has(number) || number > this.#workers) return;
      this.#launch(number).then(
        () => this.#log.info("worker replaced"),
        (error: unknown) => {
          this.#log.error({ err: error }, "could not replace the worker; trying again");
          if (!this.#stopping) this.#replace(number);
        },
      );
    }, this.#nextWaitMs());
  }

  #stopAll(): void {
    this.#stopping = true;
    const workers = forkedWorkers();
    if (workers.length === 0) this.#finish(0);
    for (const worker of workers) this.#release(worker);
  }
}

/** Whether there is a process. A signal to a worker without one would go to the whole process group. */
function isForked(worker: Worker): boolean {
  return worker.process.pid !== undefined;
}

function forkedWorkers(): readonly Worker[] {
  return Object.values(cluster.workers ?? {})
    .filter((worker) => worker !== undefined)
    .filter(isForked);
}
