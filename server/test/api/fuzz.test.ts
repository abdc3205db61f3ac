/**
 * Ten thousand requests that nobody would send on purpose, over real sockets: half of them HTTP with hostile arguments,
 * half of them bytes that are HTTP at best in part. Whatever comes, the server answers no 5xx, reports no defect of its
 * own, and goes on.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placeOf, type Route } from "../../src/api/paths.ts";
import { refusalStatuses } from "../../src/api/refusals.ts";
import { apiRequest, mutated, send } from "../hostile/grammar.ts";
import { type Api, startApi } from "../support/api.ts";

const REQUESTS = 10_000;
/** Requests of one run, sent side by side. */
const BATCH = 100;
const SEED = 20_250_115;

let api: Api;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
beforeAll(async () => {
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtExceptionMonitor", onRejection);
  api = await startApi();
});
afterAll(async () => {
  process.off("unhandledRejection", onRejection);
  process.off("uncaughtExceptionMonitor", onRejection);
  await api.close();
});

/** The route of a call that `/openapi.json` describes, as far as its first line tells. */
function routeAsked(bytes: Uint8Array | undefined): Route | undefined {
  const path = /^(?:GET|POST) (\/[^ ?]*)\S* HTTP\/1\.1\r\n/.exec(Buffer.from(bytes ?? []).toString("latin1"))?.[1];
  return path === undefined ? undefined : placeOf(path, "").route;
}

describe("the server under ten thousand hostile requests", () => {
  it("answers no 5xx, rejects no promise unheard, and goes on", async () => {
    const statuses = new Map<string, number>();
    const batch = fc.array(fc.oneof(apiRequest, mutated(apiRequest)), { minLength: BATCH, maxLength: BATCH });
    await fc.assert(
      fc.asyncProperty(batch, async (requests) => {
        const replies = await Promise.all(requests.map((bytes) => send(api.port, bytes)));
        for (const [index, reply] of replies.entries()) {
          const status = /^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? "none";
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          // Further answers of one connection stand behind the first one.
          expect(reply).not.toMatch(/HTTP\/1\.1 5\d\d /);
          const route = routeAsked(requests[index]);
          if (route !== undefined && status !== "none") {
            expect([route, ["200", ...refusalStatuses(route).map(String)]]).toEqual([
              route,
              expect.arrayContaining([status]),
            ]);
          }
        }
        expect(api.defects).toEqual([]);
        expect(rejections).toEqual([]);
      }),
      // A failing batch is told whole: shrinking it would take longer than reading it.
      { numRuns: REQUESTS / BATCH, seed: SEED, endOnFailure: true },
    );
    expect(await api.get("/_status")).toMatchObject({ status: 200 });
    // The fuzz is worth something only while it reaches all floors: calls that succeed, and refusals of each kind.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining(["200", "204", "400", "404", "405", "415"]));
    expect(statuses.get("200")).toBeGreaterThan(REQUESTS / 20);
  });
});
