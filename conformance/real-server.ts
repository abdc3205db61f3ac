/**
 * The real API server, for the tests of the clients in every language.
 *
 *   node --import tsx conformance/real-server.ts [port] [folder]
 *
 * Prints its port on one line; ends when its stdin closes. With a folder it keeps experiments there, and finds them
 * again after it was killed; without, they are in memory.
 */
import type { AddressInfo } from "node:net";
import { BATCH_CALLS_MAX } from "../server/src/api/limits.ts";
import { LoadLimit } from "../server/src/api/overload.ts";
import { createApiServer } from "../server/src/api/server.ts";
import { dayOf } from "../server/src/domain/period.ts";
import { ANYBODY } from "../server/src/domain/scope.ts";
import { LocalStore } from "../server/src/store/local/local-store.ts";
import * as make from "../server/test/support/make.ts";

const CACHE_SLOTS = 1_024;

const [, , port = "0", folder] = process.argv;

const server = createApiServer(
  make.context({
    store: await LocalStore.open({ folder: folder ?? null, cacheSlots: CACHE_SLOTS }),
    clock: { nowMs: Date.now, today: () => dayOf(Date.now()), dayAt: (atMs) => dayOf(atMs), offsetAt: () => 0 },
  }),
  {
    cors: { origin: "*", headers: "", credentials: false, methods: "GET, POST", exposeHeaders: "" },
    debug: true,
    draining: () => false,
    charge: () => {},
    owe: () => {},
    batchCallsMax: BATCH_CALLS_MAX,
    metrics: async () => ({ contentType: "text/plain", body: "" }),
    newRequestId: () => "",
    onDefect: (error) => process.stderr.write(`${String(error)}\n`),
    onAnswer: undefined,
    loadLimit: new LoadLimit(1_000),
    basePath: "",
    callerOf: () => ANYBODY,
  },
);

server.listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
// Whoever started this holds our stdin; when they are gone, however they went, so are we.
process.stdin.resume().on("end", () => process.exit(0));
