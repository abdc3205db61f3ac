/** `sixpack server`, `sixpack web` and `sixpack start`: the API, the dashboard, or both in one process. */
import { setFlagsFromString } from "node:v8";
import { LoadLimit } from "../api/overload.ts";
import { createApiServer } from "../api/server.ts";
import type { Loaded } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { VERSION } from "../config/version.ts";
import { reasonOf, SixpackError } from "../domain/errors.ts";
import { createClock } from "../ops/clock.ts";
import { createLog, type Logger, occasional } from "../ops/log.ts";
import { Metrics } from "../ops/metrics.ts";
import { noteWriter } from "../ops/notes.ts";
import { poster } from "../ops/post.ts";
import { drainable, drainDelay, Shutdown } from "../ops/shutdown.ts";
import { StoreMeter } from "../ops/store-meter.ts";
import { StoreTrouble } from "../service/alerts/store-trouble.ts";
import type { ServiceContext } from "../service/context.ts";
import { VisitorCounts } from "../service/visitor-counts.ts";
import { measureStore } from "../store/measured.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { WriteWatch } from "../store/write-watch.ts";
import { type Receivers, startBackground, tellNoticed } from "./background.ts";
import { listen, urlOf } from "./listen.ts";
import { connectionBounds, tellDropped } from "./open-files.ts";
import { corsOptions, serviceSettings, webhooksOf } from "./wiring.ts";
import { accessOptions, tellPlaceholder, webAddress } from "./wiring-access.ts";
import { analystOf } from "./wiring-analyst.ts";
import { callerReader, requestCharge, trustOf } from "./wiring-callers.ts";
import type { WorkerLink } from "./workers/worker.ts";
import { CliError, type ExitCode, type World } from "./world.ts";

export interface Roles {
  readonly api: boolean;
  readonly web: boolean;
}

/**
 * A second signal within this time is the same wish, not more impatience, in milliseconds: on Ctrl-C a terminal signals
 * npm and the server, and npm then passes its own on.
 */
const SAME_SIGNAL_MS = 500;

/** How often a store is asked whether it is there, in milliseconds. */
const LOOK_INTERVAL_MS = 1_000;

/** Length of a `secret_key` made up at start, in bytes: as long as the signatures made with it. */
const SECRET_BYTES = 32;

interface Serving {
  readonly world: World;
  readonly config: Config;
  readonly log: Logger;
  readonly shutdown: Shutdown;
  /** `undefined` in a process that serves alone. */
  readonly worker: WorkerLink | undefined;
}

/** Serves until a signal comes. Resolves with the exit code when everything is closed. */
export async function serve(world: World, loaded: Loaded, roles: Roles, worker?: WorkerLink): Promise<ExitCode> {
  // Young objects are few where answers are short: threads that collect them together wait for each other longer than they
  // work. V8 asks for this flag at each collection.
  setFlagsFromString("--no-parallel-scavenge");
  const { config, file } = loaded;
  const log = createLog({
    level: config.log_level,
    readable: config.debug || world.err.isTerminal,
    write: world.err.write,
    worker: worker?.number,
  });
  const shutdown = new Shutdown(log);
  const serving: Serving = { world, config, log, shutdown, worker };
  let stopHearing = () => {};
  try {
    const meter = new StoreMeter();
    if (roles.web && worker === undefined) tellPlaceholder(log, loaded);
    const receivers: Receivers = {
      webhooks: webhooksOf(config),
      post: poster({ privateAllowed: config.webhook_private_networks }),
      holder: world.randomBytes(8).toString("hex"),
    };
    // Otherwise every worker would report the same store.
    const webhooks = worker === undefined || worker.number === 1 ? receivers.webhooks : [];
    const trouble = new StoreTrouble({ ...receivers, webhooks, nowMs: world.nowMs });
    const store = watchWrites(serving, trouble, await openStore(config, occasional(log, "store"), true), meter);
    // The embedded engine reads its log when it is first asked: now, so that no call waits for that. Nobody waits here, since
    // Redis may not be there yet.
    store.activity.read({ limit: 1 }).catch(() => {});
    const context = contextOf(serving, store, roles);
    startBackground(serving, context, receivers);
    // All of the dashboard is loaded and made before the API listens: whoever listens answers at full speed.
    const web = roles.web ? await prepareWeb(serving, context) : undefined;
    const api = roles.api ? await serveApi(serving, context, meter) : undefined;
    const dashboard = await web?.listen(api);
    const urls = { ...(api === undefined ? {} : { api }), ...(dashboard === undefined ? {} : { dashboard }) };
    if (roles.web) warmUp(serving, context);
    if (roles.api) shutdown.add("load balancers", drainDelay(config.drain_delay * 1000));
    const summary = await storeSummary(serving, store);
    // Before anybody is told that it serves: who reads the banner may send a signal at once.
    stopHearing = stopOnSignal(serving);
    log.info({ version: VERSION, ...urls, storage: config.storage, config: file ?? "none" }, "started");
    if (worker === undefined) world.out.write(banner(urls, summary));
    else worker.serving(banner(urls, summary));
  } catch (error) {
    await shutdown.abandon();
    worker?.leave();
    throw startError(error);
  }
  const succeeded = await shutdown.finished;
  stopHearing();
  worker?.leave();
  return succeeded ? 0 : 1;
}

/** Logs once when the store takes no writes, and once when it does again. Refused calls are not logged here. */
function watchWrites({ log, shutdown }: Serving, trouble: StoreTrouble, engine: Store, meter: StoreMeter): Store {
  const measured = measureStore(engine, meter, (error) => watch.noticed(error));
  const watch = new WriteWatch(() => measured.probe(), {
    onLost: (reason) => {
      log.warn({ error: reason }, "the store takes no writes");
      trouble.lost(reason);
    },
    onRegained: (afterMs) => {
      log.warn({ ms: Math.round(afterMs) }, "the store takes writes again");
      trouble.regained();
    },
  });
  shutdown.add("store", () => engine.close());
  shutdown.add("watch over writes", async () => {
    watch.stop();
    trouble.regained();
  });
  // Also checked between calls, so that a folder that is deleted at night is reported at night.
  const look = setInterval(
    () => void engine.ping().catch((error: unknown) => watch.noticed(error)),
    LOOK_INTERVAL_MS,
  ).unref();
  shutdown.add("look at the store", async () => clearInterval(look));
  return { ...measured, probe: () => watch.check() };
}

function contextOf({ config, world, log }: Serving, store: Store, { api }: Roles): ServiceContext {
  const clock = createClock(config.timezone, world.nowMs);
  return {
    store,
    settings: serviceSettings(config, world.nowMs),
    clock,
    analyst: analystOf(config, { store, clock }, (fact) => tellNoticed(log, fact)),
    onUnlogged: (error) => log.error({ error: reasonOf(error) }, "the activity log lacks what a call did"),
    ...(api ? { visitors: new VisitorCounts() } : {}),
  };
}

async function serveApi(serving: Serving, context: ServiceContext, meter: StoreMeter): Promise<string> {
  const { config, log, shutdown, world, worker } = serving;
  const loadLimit = new LoadLimit(config.requests_in_flight_max);
  const cache = () => context.store.peek.cacheUsage();
  const metrics = new Metrics({ store: meter, queue: loadLimit, cache, version: VERSION });
  worker?.offerMetrics(() => metrics.snapshot());
  const statsd = config.metrics
    ? await (await import("../ops/statsd.ts")).openStatsD(config.statsd_url, occasional(log, "statsd"))
    : undefined;
  if (statsd !== undefined) shutdown.add("statsd", statsd.close);
  const note = noteWriter(log);
  const server = createApiServer(context, {
    cors: corsOptions(config),
    debug: config.debug,
    basePath: config.base_path,
    loadLimit,
    callerOf: callerReader(config),
    draining: () => shutdown.begun,
    ...requestCharge(config, world.nowMs),
    metrics: () => (worker === undefined ? metrics.text() : worker.sumMetrics()),
    connectionsMax: connectionBounds().api,
    newRequestId: () => world.randomBytes(8).toString("hex"),
    onDefect: (error, requestId) => log.error({ err: error, request_id: requestId }, "defect"),
    onAnswer: (route, method, status, elapsedMs, requestId) => {
      metrics.observe(route ?? "unknown", status, elapsedMs);
      statsd?.observe(route, method, status, elapsedMs);
      note(route, status, elapsedMs, requestId);
    },
  });
  tellDropped(server, log);
  const drain = drainable(server);
  const port = await listen(server, { host: config.host, port: config.port, hostKey: "host", portKey: "port" });
  shutdown.add("api", drain);
  return `${urlOf(config.host, port)}${config.base_path}`;
}

interface PreparedWeb {
  /** @param api where the API of this process listens, if it has one */
  listen(api: string | undefined): Promise<string>;
}

async function prepareWeb(
  { config, log, shutdown, world, worker }: Serving,
  context: ServiceContext,
): Promise<PreparedWeb> {
  const secretKey = config.secret_key ?? worker?.secretKey ?? world.randomBytes(SECRET_BYTES).toString("hex");
  if (config.auth === "open") log.warn("`auth` is `open`: whoever reaches the dashboard may change everything");
  let apiPort = config.port;
  const { createWebApp } = await import("../web/app.ts");
  const app = createWebApp(context, {
    access: await accessOptions(config, secretKey),
    secretKey,
    randomBytes: world.randomBytes,
    csrfDisabled: config.csrf_disable,
    trustsProxy: trustOf(config),
    ...webAddress(config),
    api: {
      url: config.api_url?.replace(/\/+$/, ""),
      get port() {
        return apiPort;
      },
      basePath: config.base_path,
    },
    webhooks: webhooksOf(config),
    feedToken: config.feed_token,
    debug: config.debug,
    connectionsMax: connectionBounds().web,
    logger: log,
  });
  tellDropped(app.server, log);
  const drain = drainable(app.server);
  await app.ready();
  return {
    async listen(api) {
      if (api !== undefined) apiPort = Number(new URL(api).port);
      const { web_host: host, web_port: port } = config;
      const bound = await listen(app.server, { host, port, hostKey: "web_host", portKey: "web_port" });
      shutdown.add("dashboard", async () => {
        // Together: streams of live updates end when the app closes, and until they do the server does not drain.
        await Promise.all([drain(), app.close()]);
      });
      return `${urlOf(host, bound)}${config.web_base_path}`;
    },
  };
}

/** Redis may come up after us: calls are answered with 503 until it is there, and nobody has to restart anything. */
async function storeSummary({ log }: Serving, store: Store): Promise<string> {
  try {
    return (await store.status()).summary;
  } catch (error) {
    const detail = error instanceof SixpackError ? error.detail : undefined;
    log.warn({ detail: detail ?? String(error) }, "the store does not answer yet; calls get 503 until it does");
    return "waiting for the store";
  }
}

/** The first list after a start should not wait for every report. */
function warmUp({ log, shutdown }: Serving, context: ServiceContext): void {
  const stop = new AbortController();
  shutdown.add("warm-up", async () => stop.abort());
  context.analyst.list
    .warmUp(stop.signal)
    // If the store can't be reached yet, there is nothing to prepare.
    .catch((error: unknown) => log.debug({ err: error }, "could not make the list ready"));
}

/** The first signal stops in order, a later one at once. Returns a function that stops listening. */
function stopOnSignal({ world, shutdown, worker }: Serving): () => void {
  let firstMs: number | undefined;
  const stops = [
    worker?.onOrphaned(() => shutdown.begin("the supervisor is gone")),
    // A worker gets its new settings by being replaced; a signal for the whole group must not end it.
    worker === undefined ? undefined : world.onReload(() => {}),
    world.onSignal((signal) => {
      if (firstMs === undefined) {
        // Not by the wall clock: if it were set back, a second signal would be ignored.
        firstMs = performance.now();
        shutdown.begin(signal);
      } else if (performance.now() - firstMs > SAME_SIGNAL_MS) {
        world.exit(1);
      }
    }),
  ];
  return () => {
    for (const stop of stops) stop?.();
  };
}

/** What a person needs next: where things are, and a first call to paste. */
function banner({ api, dashboard }: { api?: string; dashboard?: string }, storage: string): string {
  const lines = [`Sixpack ${VERSION}, ${storage}`, ""];
  if (api !== undefined) lines.push(`  API        ${api}`);
  if (dashboard !== undefined) lines.push(`  Dashboard  ${dashboard}`);
  if (api !== undefined) {
    const query = "experiment=button-color&alternatives=red&alternatives=blue&client_id=visitor-1";
    lines.push("", "Take part in a first experiment:", "", `  curl "${api}/participate?${query}"`);
  }
  return `${lines.join("\n")}\n\n`;
}

/** A refusal of the store says in its detail what was expected and what to do; that is what a person wants to read. */
function startError(error: unknown): unknown {
  return error instanceof SixpackError ? new CliError(error.detail ?? error.message, 1, { cause: error }) : error;
}
