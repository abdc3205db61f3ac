/** An experiment that declares segments, from the first call to the page: what is claimed of them, and what is not. */
import { describe, expect, test } from "vitest";
import { parseExperimentName } from "../../src/domain/names.ts";
import { sharedLab } from "./lab.ts";

const lab = sharedLab();

describe("an experiment with segments", () => {
  test("says whom an alternative hurts, though on the whole it shows nothing, and makes no winner of it", async () => {
    const declared = { name: "checkout", alternatives: "a,b", segments: ["device=phone|desktop", "plan=free|pro"] };
    expect(await lab.act("", declared)).toMatchObject({ status: 200 });
    const of = (device: string, plan: string) => ({ "segment.device": device, "segment.plan": plan });
    await lab.fill("checkout", { counts: { a: [600, 60], b: [600, 6] }, crowd: "p", more: of("phone", "free") });
    await lab.fill("checkout", { counts: { a: [1800, 180], b: [1800, 234] }, crowd: "d", more: of("desktop", "pro") });
    await lab.fill("checkout", { counts: { a: [20, 2], b: [20, 2] }, crowd: "t", more: of("tablet", "") });

    const report = await lab.report("checkout");
    expect(report).toMatchObject({ verdict: { kind: "keep-running" } });
    const page = await lab.words("/experiments/checkout/");
    expect(page).toMatch(/Segments .*b seems to do worse than the control for device=phone\./);
    expect(page).not.toMatch(/(better|winner)[^.]*device=/);
    // The list has a mark, and no figure.
    expect(await lab.words("/")).toMatch(/checkout .*b seems to do worse than the control for device=phone\./);
    // What is not listed is "other", what is not sent "unknown"; each client counts once in each dimension.
    const { segments } = report as { segments: { dimensions: readonly Dimension[] } };
    expect(await lab.report("checkout", `?from=${lab.ago(3)}`)).not.toHaveProperty("segments");
    const [device, plan] = segments.dimensions;
    expect(participantsOf(device)).toEqual({ phone: 1_200, desktop: 3_600, other: 40 });
    expect(participantsOf(plan)).toEqual({ free: 1_200, pro: 3_600, unknown: 40 });
    expect(await lab.words("/clients?client_id=tb0")).toContain("Segments: device=other, plan=unknown.");
  });

  test("gives what was counted by a dimension as CSV, each participant once, and says which dimensions there are", async () => {
    const page = await lab.body("/experiments/checkout/");
    expect(page).toContain('href="/experiments/checkout/export.csv?segment=plan"');
    const [head, ...rows] = (await lab.body("/experiments/checkout/export.csv?segment=device")).trim().split("\r\n");
    expect(head).toBe(
      "experiment,segment,epoch,alternative,value,kpi,participants,conversions,events,total,squares,explored",
    );
    expect(rows).toEqual([
      "checkout,device,0,a,phone,,600,60,60,0,0,false",
      "checkout,device,0,a,desktop,,1800,180,180,0,0,false",
      "checkout,device,0,a,other,,20,2,2,0,0,false",
      "checkout,device,0,b,phone,,600,6,6,0,0,false",
      "checkout,device,0,b,desktop,,1800,234,234,0,0,false",
      "checkout,device,0,b,other,,20,2,2,0,0,false",
    ]);
    expect(await lab.read("/experiments/checkout/export.csv?segment=country")).toMatchObject({
      status: 404,
      json: { code: "unknown-segment", detail: 'Expected `segment` as one of device, plan, got "country"' },
    });
    expect(await lab.words("/experiments/checkout/export.csv?segment=country")).toContain(
      'There is no segment "country" in this experiment; there is device, plan.',
    );
    const range = `/experiments/checkout/export.csv?segment=device&from=${lab.ago(3)}`;
    expect(await lab.read(range)).toMatchObject({ status: 400, json: { code: "invalid-form" } });
  });

  test("shows one dimension alone where it is asked for, with all that is claimed, and says which there are", async () => {
    const section = /<section[^>]*"segments-title".*?(?=<section[^>]*class="section")/s;
    const shown = await lab.words("/experiments/checkout/?segment=plan", section);
    expect(shown).toMatch(
      /b seems to do worse than the control for device=phone\. .*free 10\.0% of 600 .*CSV by plan$/,
    );
    expect(shown).not.toMatch(/CSV by device|desktop \d/);
    const whole = await lab.words("/experiments/checkout/", section);
    expect(whole).toMatch(/desktop 10\.0% .*free 10\.0% .*CSV by device CSV by plan$/);
    // A difference of rates is in points, and both dimensions share one axis: a bar each, and its ends at the head.
    expect(whole).toMatch(/phone 10\.0% of 600 1\.00% of 600 −\d\.\d\d pt \(−\d+\.\d\d pt to −\d\.\d\d pt\)/);
    const [tables = ""] = section.exec(await lab.body("/experiments/checkout/")) ?? [];
    expect(tables.match(/<svg class="bar series-\d/g)).toHaveLength(4);
    const axes = tables.match(/<svg class="bar-labels".*?<\/svg>/gs) ?? [];
    expect(axes).toHaveLength(2);
    expect(new Set(axes).size).toBe(1);
    const switches = await lab.body("/experiments/checkout/?segment=plan&kpi=");
    expect(switches).toContain('href="/experiments/checkout/?segment=device&amp;kpi=#segments-title"');
    expect(switches).toContain('href="/experiments/checkout/?kpi=#segments-title"');
    const { segments } = (await lab.report("checkout", "?segment=plan")) as { segments: Segments };
    expect(segments.dimensions.map(({ name }) => name)).toEqual(["plan"]);
    expect(segments.hurt).toContain("b seems to do worse than the control for device=phone.");
    expect(await lab.read("/experiments/checkout.json?segment=country")).toMatchObject({
      status: 404,
      json: { code: "unknown-segment", detail: 'Expected `segment` as one of device, plan, got "country"' },
    });
    expect(await lab.words("/experiments/checkout/?segment=country")).toContain("there is device, plan.");
    await lab.fill("bare", { counts: { a: [1, 0], b: [1, 0] } });
    expect(await lab.words("/experiments/bare/?segment=device")).toContain(
      'There is no segment "device" in this experiment; none is declared.',
    );
  });

  test("tells in which segment an alternative loses clients, before and when the whole split shows it", async () => {
    const lost = async (name: string, phones: readonly [a: number, b: number]) => {
      const declared = { name, alternatives: "a,b", segments: ["device=phone|desktop"] };
      expect(await lab.act("", declared)).toMatchObject({ status: 200 });
      const of = (device: string) => ({ "segment.device": device });
      await lab.fill(name, { counts: { a: [phones[0], 10], b: [phones[1], 0] }, crowd: "p", more: of("phone") });
      await lab.fill(name, { counts: { a: [500, 50], b: [505, 50] }, crowd: "d", more: of("desktop") });
    };
    const sentences = async (name: string) => {
      const stored = await lab.context.store.definitions.read(parseExperimentName(name));
      return (stored?.noticed.facts ?? []).map(({ kind, sentence }) => `${kind}: ${sentence}`);
    };
    await lost("early", [100, 40]);
    await lost("broken", [200, 0]);
    await lab.context.analyst.watchSplits();
    const cause = /b is missing about (60|200) visitors, and all of them have device=phone\.$/;
    const [early = "", ...more] = await sentences("early");
    expect(early).toMatch(/^sample-ratio-mismatch: .*, in a segment: find out why/);
    expect(early).toMatch(cause);
    const [broken = ""] = await sentences("broken");
    expect(broken).toMatch(/^sample-ratio-mismatch: .*: do not use these results before the cause is found\./);
    expect(broken).toMatch(cause);

    // A page that looks later says the same and tells nothing again.
    for (const name of ["early", "broken"]) {
      const page = await lab.words(`/experiments/${name}/`);
      expect(page).toMatch(/b is missing about \d+ visitors, and all of them have device=phone\. Look for redirects/);
      expect(await lab.words("/")).toMatch(
        new RegExp(`${name} .*b is missing about \\d+ visitors, and all of them have device=phone`),
      );
    }
    await lab.context.analyst.watchSplits();
    expect(await sentences("early")).toEqual([early, ...more]);
    expect((await sentences("broken")).filter((one) => one.startsWith("sample-ratio"))).toEqual([broken]);
  });

  test("says that a segment is hurt by the rate, where an amount decides", async () => {
    const declared = { name: "amounts", alternatives: "a,b", kpis: "sale:value", segments: "device=phone|desktop" };
    expect(await lab.act("", declared)).toMatchObject({ status: 200 });
    const rare = { kpi: "sale", value: (arm: string) => (arm === "a" ? 10 : 90) };
    const of = (device: string) => ({ "segment.device": device });
    await lab.fill("amounts", { counts: { a: [400, 100], b: [400, 20] }, crowd: "p", more: of("phone"), ...rare });
    await lab.fill("amounts", { counts: { a: [400, 100], b: [400, 130] }, crowd: "d", more: of("desktop"), ...rare });
    const page = await lab.words("/experiments/amounts/");
    expect(page).toContain("b seems to do worse than the control for device=phone, by the rate of sale.");
    expect(page).toContain(
      "b seems to have another effect for device=desktop than for the others, by the rate of sale.",
    );
  });

  test("says nothing of segments that do not differ", async () => {
    const declared = { name: "even", alternatives: "a,b", segments: ["device=phone|desktop"] };
    expect(await lab.act("", declared)).toMatchObject({ status: 200 });
    for (const device of ["phone", "desktop"]) {
      const more = { "segment.device": device };
      await lab.fill("even", { counts: { a: [500, 50], b: [500, 52] }, crowd: device, more });
    }
    expect(await lab.words("/experiments/even/")).toContain("No segment is known to differ from the rest.");
  });
});

interface Segments {
  readonly hurt: readonly string[];
  readonly dimensions: readonly { readonly name: string }[];
}

interface Dimension {
  readonly values: readonly { readonly name: string; readonly arms: readonly { readonly participants: number }[] }[];
}

function participantsOf(dimension: Dimension | undefined): Readonly<Record<string, number>> {
  const counts = (dimension?.values ?? []).map(
    ({ name, arms }) => [name, arms.reduce((sum, { participants }) => sum + participants, 0)] as const,
  );
  return Object.fromEntries(counts.filter(([, participants]) => participants > 0));
}
