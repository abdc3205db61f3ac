/** A store that is slower than its callers: memory stays bounded, and what needs no store is answered. */
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { LoadLimit, PROBES_IN_FLIGHT_MAX } from "../../src/api/overload.ts";
import { ModelStore } from "../store/model/model-store.ts";
import { query, startApi } from "../support/api.ts";

const REQUESTS_MAX = 5;

/** Records nothing until it is told to. */
class SlowStore extends ModelStore {
  #release = () => {};
  #opened: Promise<void> = Promise.resolve();

  stall(): void {
    this.#opened = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }

  constructor() {
    super();
    const { participate } = this.records;
    this.records.participate = async (participation) => {
      await this.#opened;
      return participate(participation);
    };
  }

  override readonly ping = async () => {
    await this.#opened;
  };

  override readonly probe = async () => {
    await this.#opened;
  };
}

function participate(client: string): string {
  return `/participate?${query({ experiment: "gate", alternatives: ["a", "b"], client_id: client })}`;
}

async function overloaded() {
  const store = new SlowStore();
  const loadLimit = new LoadLimit(REQUESTS_MAX);
  const api = await startApi({ store, loadLimit });
  await api.get(participate("known"));
  store.stall();
  const waiting = Array.from({ length: REQUESTS_MAX }, (_, n) => api.get(participate(`waiting-${n}`)));
  await expect.poll(() => loadLimit.inFlight).toBe(REQUESTS_MAX);
  return { api, loadLimit, store, waiting };
}

describe("a server with as many requests under way as it may have", () => {
  it("refuses further ones at once by 503, says when to come back, and answers those under way", async () => {
    const { api, loadLimit, store, waiting } = await overloaded();
    for (const reply of [
      await api.get(participate("new")),
      await api.post("/convert", "experiment=gate&client_id=1"),
    ]) {
      expect(reply).toMatchObject({ status: 503, json: { status: "failed", code: "overloaded" } });
      expect(reply.headers.get("Retry-After")).toBe("1");
    }
    expect(loadLimit).toMatchObject({ inFlight: REQUESTS_MAX, refused: 2 });
    store.release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200));
    expect(loadLimit.inFlight).toBe(0);
    expect((await api.get(participate("new"))).status).toBe(200);
    await api.close();
  });

  it("answers known clients, and says that it is alive", async () => {
    const { api, store, waiting } = await overloaded();
    expect((await api.get(participate("known"))).status).toBe(200);
    expect((await api.get("/healthz")).status).toBe(200);
    expect((await api.get("/metrics")).status).toBe(200);
    store.release();
    await Promise.all(waiting);
    await api.close();
  });

  it("lets only so many ask how it is, where that too needs the store", async () => {
    const { api, loadLimit, store, waiting } = await overloaded();
    const probes = Array.from({ length: PROBES_IN_FLIGHT_MAX }, () => api.get("/readyz"));
    await expect.poll(() => loadLimit.inFlight).toBe(REQUESTS_MAX + PROBES_IN_FLIGHT_MAX);
    expect(await api.get("/readyz")).toMatchObject({ status: 503, json: { code: "overloaded" } });
    store.release();
    for (const probe of [...probes, ...waiting]) expect((await probe).status).toBe(200);
    await api.close();
  });

  it("counts a request that failed as answered", async () => {
    const loadLimit = new LoadLimit(REQUESTS_MAX);
    const api = await startApi({ loadLimit });
    await api.get("/convert?experiment=none&client_id=1");
    await api.post("/participate", "experiment=bad%");
    expect(loadLimit).toMatchObject({ inFlight: 0, refused: 0 });
    await api.close();
  });
});

describe("a server to which bodies are announced and never sent", () => {
  it("serves everybody else from the store, and refuses further bodies alone", async () => {
    const loadLimit = new LoadLimit(REQUESTS_MAX);
    const api = await startApi({ loadLimit });
    const sockets = Array.from({ length: REQUESTS_MAX }, () => announceBody(api.port));
    await expect.poll(() => loadLimit.reading).toBe(REQUESTS_MAX);
    expect((await api.get(participate("new"))).status).toBe(200);
    const reply = await api.post("/participate", "experiment=gate&alternatives=a&alternatives=b&client_id=1");
    expect(reply).toMatchObject({ status: 503, json: { code: "overloaded" } });
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => loadLimit.reading).toBe(0);
    const body = participate("posted").slice("/participate?".length);
    expect((await api.post("/participate", body)).status).toBe(200);
    expect(loadLimit).toMatchObject({ inFlight: 0, reading: 0, refused: 1 });
    await api.close();
  });

  it("still bounds what waits for the store when bodies come all at once", async () => {
    const store = new SlowStore();
    const loadLimit = new LoadLimit(REQUESTS_MAX);
    const api = await startApi({ store, loadLimit });
    await api.get(participate("known"));
    store.stall();
    const late = announceBody(api.port);
    await expect.poll(() => loadLimit.reading).toBe(1);
    const waiting = Array.from({ length: REQUESTS_MAX }, (_, n) => api.get(participate(`waiting-${n}`)));
    await expect.poll(() => loadLimit.inFlight).toBe(REQUESTS_MAX);
    const answer = new Promise<string>((resolve) => late.once("data", (bytes: Buffer) => resolve(bytes.toString())));
    late.write("x".repeat(ANNOUNCED_BYTES));
    expect(await answer).toMatch(/^HTTP\/1.1 503 /);
    late.destroy();
    store.release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200));
    await api.close();
  });
});

const ANNOUNCED_BYTES = 100;

function announceBody(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.write(`POST /participate HTTP/1.1\r\nHost: a\r\nContent-Length: ${ANNOUNCED_BYTES}\r\n\r\n`);
  return socket;
}
