import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDimensions } from "../../src/domain/segments.ts";
import { Metrics } from "../../src/ops/metrics.ts";
import { DIMENSIONS_IN_METRICS_MAX, OTHERS } from "../../src/ops/segment-meter.ts";
import { EXPERIMENTS_IN_METRICS_MAX, StoreMeter } from "../../src/ops/store-meter.ts";
import { measureStore } from "../../src/store/measured.ts";
import { ModelStore } from "../store/model/model-store.ts";
import { query, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { anyName, HOSTILE_NAMES } from "../support/names.ts";
import { failingStore } from "../support/store.ts";

function metricsOf(store: StoreMeter): Metrics {
  const cache = () => ({ slots: 1_024, used: 7 });
  return new Metrics({ store, queue: { inFlight: 3, refused: 2 }, cache, version: "1.2.3" });
}

describe("requests", () => {
  it("fall into the buckets of their route and status, which add up as Prometheus wants", async () => {
    const metrics = new Metrics();
    for (const elapsedMs of [0.5, 0.6, 20, 9_000]) metrics.observe("participate", 200, elapsedMs);
    metrics.observe("convert", 400, 1);
    const { body, contentType } = await metrics.text();
    expect(contentType).toContain("version=0.0.4");
    const line = (le: string) => `sixpack_request_duration_seconds_bucket{le="${le}",route="participate",status="200"}`;
    for (const [le, count] of [
      ["0.0005", 1],
      ["0.001", 2],
      ["0.01", 2],
      ["0.025", 3],
      ["2.5", 3],
      ["+Inf", 4],
    ] as const) {
      expect(body).toContain(`${line(le)} ${count}\n`);
    }
    expect(body).toContain('sixpack_request_duration_seconds_sum{route="participate",status="200"} 9.0211\n');
    expect(body).toContain('sixpack_request_duration_seconds_count{route="convert",status="400"} 1\n');
    expect(body).toContain("# TYPE sixpack_request_duration_seconds histogram\n");
    expect(body).toMatch(/^process_resident_memory_bytes \d+/m);
  });
});

describe("experiments", () => {
  it("have series of their own up to a limit, and one for all others", async () => {
    const meter = new StoreMeter();
    for (let n = 0; n < EXPERIMENTS_IN_METRICS_MAX + 5; n += 1) meter.countsOf(`e${n}`).participations += 1;
    const { body } = await metricsOf(meter).text();
    expect(body).toContain('sixpack_participations_total{experiment="e99"} 1\n');
    expect(body).toContain(`sixpack_participations_total{experiment="${OTHERS}"} 5\n`);
    expect(body.match(/^sixpack_participations_total\{/gm)).toHaveLength(EXPERIMENTS_IN_METRICS_MAX + 1);
  });
});

describe("segments", () => {
  const of = (name: string, ...values: readonly string[]) => ({ name, values });
  const segmentsIn = async (meter: StoreMeter) =>
    samplesIn((await metricsOf(meter).text()).body)
      .filter(({ name }) => name === "sixpack_segment_participations_total")
      .map(({ labels: { experiment, segment, value: name }, value }) => [experiment, segment, name, value].join(" "));

  it("are counted by experiment, dimension and value, over changes of the definition", async () => {
    const meter = new StoreMeter();
    meter.segments.count("shop", [of("plan", "free"), of("device", "phone")], [1, 0]);
    meter.segments.count("shop", [of("plan", "free", "pro"), of("device", "phone")], [2, 255]);
    meter.segments.count("shop", [of("plan", "free", "pro"), of("device", "phone")], [1, 1]);
    expect(await segmentsIn(meter)).toEqual([
      ...["shop plan free 2", "shop plan pro 1"],
      ...["shop device unknown 1", "shop device other 1", "shop device phone 1"],
    ]);
    // Deleted, and declared anew with something else in that place.
    meter.segments.count("shop", [of("country", "de")], [1]);
    expect(await segmentsIn(meter)).toContain("shop country de 1");
    expect(await segmentsIn(meter)).not.toContain("shop plan free 2");
  });

  it("have series of their own up to a number of dimensions, and one for all others", async () => {
    const meter = new StoreMeter();
    for (let n = 0; n < DIMENSIONS_IN_METRICS_MAX + 5; n += 1) meter.segments.count(`e${n}`, [of("plan", "free")], [1]);
    meter.segments.count("e0", [of("plan", "free"), of("late", "x")], [0, 1]);
    const series = await segmentsIn(meter);
    expect(series).toHaveLength(DIMENSIONS_IN_METRICS_MAX + 2);
    expect(series).toContain("e0 plan unknown 1");
    expect(series.at(-1)).toBe(`${OTHERS} ${OTHERS} ${OTHERS} 6`);
  });
});

/** The samples of the text format of Prometheus, read as its specification says. */
function samplesIn(body: string): readonly { name: string; labels: Record<string, string>; value: number }[] {
  const unescaped: Readonly<Record<string, string>> = { n: "\n", '"': '"', "\\": "\\" };
  return body
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", list = "", value = ""] =
        /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line) ?? [];
      expect(name, line).not.toBe("");
      const labels = [...list.matchAll(/(\w+)="((?:[^"\\\n]|\\["\\n])*)"/g)].map(([, label = "", text = ""]) => [
        label,
        text.replaceAll(/\\(.)/g, (_, mark: string) => unescaped[mark] ?? ""),
      ]);
      return { name, labels: Object.fromEntries(labels), value: Number(value) };
    });
}

describe("the name of an experiment", () => {
  it("stands in its label as it is, and adds no sample, whatever the name", async () => {
    const known = samplesIn((await metricsOf(new StoreMeter()).text()).body).length;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyName, { minLength: 1, maxLength: 20 }), async (names) => {
        const meter = new StoreMeter();
        for (const [index, name] of names.entries()) meter.countsOf(name).participations = index + 1;
        const samples = samplesIn((await metricsOf(meter).text()).body);
        const counted = samples.filter(({ name }) => name === "sixpack_participations_total");
        expect(counted.map(({ labels, value }) => [labels, value])).toEqual(
          names.map((experiment, index) => [{ experiment }, index + 1]),
        );
        // Two counters an experiment; the process's own samples come and go.
        expect(samples.filter(({ name }) => name.startsWith("sixpack_")).length).toBeLessThanOrEqual(
          known + 2 * names.length,
        );
      }),
      {
        numRuns: 50,
        examples: [
          [HOSTILE_NAMES.slice(0, EXPERIMENTS_IN_METRICS_MAX)],
          [HOSTILE_NAMES.slice(-EXPERIMENTS_IN_METRICS_MAX)],
        ],
      },
    );
  });
});

describe("a measured store", () => {
  it("counts who joined and converted once, who was known, and how often it was asked", async () => {
    const meter = new StoreMeter();
    const store = measureStore(new ModelStore(), meter, () => {});
    const dimensions = parseDimensions(["plan=free|pro", "device"]);
    await make.created(store, make.draft({ name: "metered", alternatives: ["a", "b"], dimensions }));
    const api = await startApi({ store });
    const call = { experiment: "metered", alternatives: ["a", "b"], client_id: "1", "segment.plan": "pro" };
    const participate = `/participate?${query(call)}`;
    for (const path of [participate, participate, "/convert?experiment=metered&client_id=1"]) await api.get(path);
    await api.get("/convert?experiment=metered&client_id=1");
    await api.get("/convert?experiment=metered&client_id=stranger");
    await api.close();
    const { body } = await metricsOf(meter).text();
    for (const line of [
      'sixpack_participations_total{experiment="metered"} 1',
      'sixpack_conversions_total{experiment="metered"} 1',
      'sixpack_segment_participations_total{experiment="metered",segment="plan",value="pro"} 1',
      'sixpack_segment_participations_total{experiment="metered",segment="device",value="unknown"} 1',
      "sixpack_assignment_cache_hits_total 1",
      // The newcomer, and the stranger that wants to convert.
      "sixpack_assignment_cache_misses_total 2",
      'sixpack_store_duration_seconds_count{verb="recordParticipation"} 1',
      'sixpack_store_duration_seconds_count{verb="recordConversion"} 3',
      'sixpack_store_failures_total{verb="recordConversion"} 0',
      "sixpack_assignment_cache_slots 1024",
      "sixpack_assignment_cache_used_slots 7",
      "sixpack_requests_in_flight 3",
      "sixpack_requests_refused_total 2",
      'sixpack_build_info{version="1.2.3"} 1',
    ]) {
      expect(body).toContain(`${line}\n`);
    }
  });

  it("counts failures, and says why", async () => {
    const meter = new StoreMeter();
    const reasons: unknown[] = [];
    const store = measureStore(failingStore().store, meter, (error) => reasons.push(error));
    const api = await startApi({ store });
    await api.get("/readyz");
    await api.close();
    expect(meter.failures.probe).toBe(1);
    expect(meter.latencies.probe.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(reasons).toMatchObject([{ code: "store-unavailable" }]);
  });

  it("keeps every verb of the engine", () => {
    const engine = new ModelStore();
    const measured = measureStore(engine, new StoreMeter(), () => {});
    for (const verb of Object.getOwnPropertyNames(ModelStore.prototype)) {
      if (verb !== "constructor") expect(Reflect.get(measured, verb), verb).toBeTypeOf("function");
    }
    expect(measured.transfer).toBe(engine.transfer);
  });
});
