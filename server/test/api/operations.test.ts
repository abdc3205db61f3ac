/** What people and machines that run the server ask it, and what every route says when the store is gone. */
import { describe, expect, it } from "vitest";
import type { ApiOptions } from "../../src/api/options.ts";
import { ROUTES } from "../../src/api/paths.ts";
import { VERSION } from "../../src/config/version.ts";
import { ModelStore } from "../store/model/model-store.ts";
import { type Api, type ApiTestOptions, query, startApi } from "../support/api.ts";
import { failingStore } from "../support/store.ts";

async function withApi(options: ApiTestOptions, test: (api: Api) => Promise<void>): Promise<void> {
  const api = await startApi(options);
  try {
    await test(api);
  } finally {
    await api.close();
  }
}

const PARTICIPATE = `/participate?${query({ experiment: "ops", alternatives: ["a", "b"], client_id: "1" })}`;
const CONVERT = "/convert?experiment=ops&client_id=1";

describe("a server in good health", () => {
  it("greets at /, and has an empty icon for browsers", async () => {
    await withApi({}, async (api) => {
      expect(await api.get("/")).toMatchObject({ status: 200, text: `Sixpack ${VERSION} says hello\n` });
      expect(await api.get("/favicon.ico")).toMatchObject({ status: 200, text: "" });
    });
  });

  it("says so at /_status with its version, at /healthz and at /readyz", async () => {
    await withApi({}, async (api) => {
      expect((await api.get("/_status")).json).toEqual({ status: "ok", version: VERSION });
      expect((await api.get("/healthz")).json).toEqual({ status: "ok" });
      expect((await api.get("/readyz")).json).toEqual({ status: "ok" });
    });
  });

  it("gives at /metrics what the process around it hands over", async () => {
    const metrics = async () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8", body: "up 1\n" });
    await withApi({ metrics }, async (api) => {
      const { headers, text } = await api.get("/metrics?callback=cb");
      expect(text).toBe("up 1\n");
      expect(headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    });
  });

  it("describes every path at /openapi.json, in OpenAPI 3.1", async () => {
    await withApi({}, async (api) => {
      const { json } = await api.get("/openapi.json");
      const { openapi, paths } = json as { openapi: string; paths: object };
      expect(openapi).toBe("3.1.0");
      expect(Object.keys(paths).sort()).toEqual(
        [...Object.keys(ROUTES), "/experiments/{name}", "/ofrep/v1/evaluate/flags/{name}"].sort(),
      );
    });
  });

  it("tells of every answer: its route, method, status and duration", async () => {
    const answers: unknown[] = [];
    const onAnswer: ApiOptions["onAnswer"] = (route, method, status, elapsedMs) => {
      answers.push([route, method, status, elapsedMs >= 0 && elapsedMs < 10_000]);
    };
    await withApi({ onAnswer }, async (api) => {
      for (const path of [PARTICIPATE, CONVERT, "/experiments/nope", "/nope"]) await api.get(path);
    });
    expect(answers).toEqual([
      ["participate", "GET", 200, true],
      ["convert", "GET", 200, true],
      ["details", "GET", 404, true],
      [undefined, "GET", 404, true],
    ]);
  });
});

describe("a server that is draining", () => {
  it("is healthy and not ready, and still answers", async () => {
    await withApi({ draining: () => true }, async (api) => {
      expect(await api.get("/healthz")).toMatchObject({ status: 200 });
      expect(await api.get("/readyz")).toMatchObject({
        status: 503,
        json: { status: "failed", code: "shutting-down" },
      });
      expect(await api.get(PARTICIPATE)).toMatchObject({ status: 200 });
    });
  });
});

describe("a server whose store is gone", () => {
  it.each([PARTICIPATE, CONVERT, "/experiments/ops", "/readyz"])(
    "answers %s by 503 and says when to come back",
    async (path) => {
      await withApi({ store: failingStore().store }, async (api) => {
        for (const reply of [await api.get(path), await api.post(path, "")]) {
          expect(reply).toMatchObject({
            status: 503,
            json: {
              status: "failed",
              code: "store-unavailable",
              message: "the store is not available. please try again",
            },
          });
          expect(reply.headers.get("Retry-After")).toBe("1");
        }
        expect(api.defects).toEqual([]);
      });
    },
  );

  it("answers /_status by 500, as Sixpack 2.7 documents it", async () => {
    await withApi({ store: failingStore().store }, async (api) => {
      expect(await api.get("/_status")).toMatchObject({
        status: 500,
        json: { status: "failed", code: "store-unavailable" },
      });
      expect(api.defects).toEqual([]);
    });
  });

  it("is healthy all the same, and answers a robot's first visit only after it has looked", async () => {
    await withApi({ store: failingStore().store }, async (api) => {
      for (const path of ["/healthz", "/", "/metrics", "/openapi.json", "/favicon.ico"]) {
        expect((await api.get(path)).status).toBe(200);
      }
      expect((await api.get(`${PARTICIPATE}&user_agent=Googlebot`)).status).toBe(503);
    });
  });

  it("serves again when the store is back, with no restart", async () => {
    const failing = failingStore();
    await withApi({ store: failing.store }, async (api) => {
      expect((await api.get(PARTICIPATE)).status).toBe(503);
      failing.down = false;
      expect((await api.get(PARTICIPATE)).status).toBe(200);
      expect((await api.get(CONVERT)).status).toBe(200);
    });
  });
});

describe("a defect of ours", () => {
  class BrokenStore extends ModelStore {
    constructor() {
      super();
      this.tallies.read = async (): Promise<never> => {
        throw new Error("a secret of the machine room");
      };
    }
  }

  it("is answered by 500 without its cause, and reported with it", async () => {
    await withApi({ store: new BrokenStore() }, async (api) => {
      await api.get(PARTICIPATE);
      const reply = await api.get("/experiments/ops");
      expect(reply).toMatchObject({
        status: 500,
        text: '{"status":"failed","message":"internal error","code":"internal"}',
      });
      expect(api.defects).toMatchObject([{ message: "a secret of the machine room" }]);
    });
  });

  it("shows its cause where the server is told to debug", async () => {
    await withApi({ store: new BrokenStore(), debug: true }, async (api) => {
      await api.get(PARTICIPATE);
      expect((await api.get("/experiments/ops")).text).toContain("a secret of the machine room");
    });
  });
});
