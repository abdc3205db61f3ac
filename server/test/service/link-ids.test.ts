import { describe, expect, it, vi } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../src/domain/digest.ts";
import { parseClientId, parseExperimentName } from "../../src/domain/names.ts";
import type { Day } from "../../src/domain/period.ts";
import { setArchived } from "../../src/service/administer/acts/state.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { type LinkRequest, link, participateLinked } from "../../src/service/link-ids.ts";
import { participate } from "../../src/service/participate.ts";
import { LINK_DEPTH_MAX } from "../../src/store/record-codec.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";
import { storedExperiment } from "../support/store.ts";

const [COOKIE, ACCOUNT] = [parseClientId("cookie"), parseClientId("account")];
const ROBOT = "Googlebot";

/** One in whose experiments, `one` and `two`, the cookie takes part. */
async function visited(): Promise<ServiceContext> {
  const context = make.context();
  for (const experiment of ["one", "two"]) await participate(context, make.request({ experiment, client: COOKIE }));
  return context;
}

async function isKnown({ store }: ServiceContext, experiment: string): Promise<boolean> {
  const key = clientKey(digestOf(parseExperimentName(experiment), ACCOUNT));
  return (await store.records.find(await storedExperiment(store, experiment), key)) !== undefined;
}

function linked(context: ServiceContext, wanted: Partial<LinkRequest> = {}) {
  return link(context, { experiment: undefined, client: ACCOUNT, previous: COOKIE, ...wanted });
}

function namesOf(all: Awaited<ReturnType<typeof link>>): readonly string[] {
  return all.map(({ experiment }) => experiment.name).sort();
}

describe("a link", () => {
  it("of no experiment in particular is one in each that knows either id and is not archived", async () => {
    const context = await visited();
    await setArchived(context, { name: "two", actor: "ann" }, true);
    let asked = 0;
    expect(
      namesOf(
        await link(context, { experiment: undefined, client: ACCOUNT, previous: COOKIE }, (many) => {
          asked = many;
        }),
      ),
    ).toEqual(["one"]);
    expect([asked, await isKnown(context, "one"), await isKnown(context, "two")]).toEqual([1, true, false]);
    expect(namesOf(await linked(context, { experiment: "two" }))).toEqual(["two"]);
  });

  it("is none where neither id is known, and refused where the experiment is not", async () => {
    const context = await visited();
    const previous = parseClientId("somebody else");
    expect(await linked(context, { previous })).toEqual([]);
    expect(await linked(context, { previous, experiment: "one" })).toEqual([]);
    expect(await laterCodeOf(() => linked(context, { experiment: "three" }))).toBe("unknown-experiment");
  });

  it.each([
    ["robots", {}, { userAgent: ROBOT }],
    ["ignored addresses", {}, { address: "10.0.0.7" }],
    ["a server that is switched off", { enabled: false }, {}],
  ])("is made for none of %s", async (_, settings, wanted) => {
    const context = await visited();
    expect(await linked({ ...context, settings: { ...context.settings, ...settings } }, wanted)).toEqual([]);
    expect(await isKnown(context, "one")).toBe(false);
  });
});

describe("a participation with an id from before", () => {
  const join = (context: ServiceContext, wanted: make.WantedRequest = {}) =>
    participateLinked(context, make.request({ experiment: "one", client: ACCOUNT, ...wanted }), COOKIE);

  it("gets the alternative of whoever came by that id in the same moment, and was first", async () => {
    const context = make.context();
    await participate(context, make.request({ experiment: "one", client: parseClientId("somebody else") }));
    const { records } = context.store;
    const record = records.participate.bind(records);
    let first: number | undefined;
    vi.spyOn(records, "participate").mockImplementationOnce(async (joining) => {
      const { proposal, day } = joining;
      if (proposal.kind !== "alternative") throw new Error("Expected everybody to take part");
      first = proposal.index === 0 ? 1 : 0;
      const client = clientKey(digestOf(parseExperimentName("one"), COOKIE));
      // A day earlier, so that it is first whatever the ids are.
      await record({ ...joining, client, proposal: assigned(first), day: (day - 1) as Day, id: undefined });
      return record(joining);
    });
    expect(await join(context)).toMatchObject({ index: first, reason: "assigned" });
    expect(await participate(context, make.request({ experiment: "one", client: ACCOUNT }))).toMatchObject({
      index: first,
    });
  });

  it("gets the alternative from before, and both ids where neither was known", async () => {
    const context = await visited();
    const { index } = await participate(context, make.request({ experiment: "one", client: COOKIE }));
    expect(await join(context)).toMatchObject({ index, reason: "assigned" });
    for (const experiment of ["new", "newer"]) {
      const answer = await join(context, { experiment });
      expect(await participate(context, make.request({ experiment, client: COOKIE }))).toMatchObject({
        index: answer.index,
      });
      expect((await context.analyst.counts(await storedExperiment(context.store, experiment))).participants).toBe(1);
    }
  });

  it.each([
    ["looks ahead", {}, { prefetch: true }],
    ["is a robot's", {}, { userAgent: ROBOT }],
    ["comes to a server that is switched off", { enabled: false }, {}],
  ])("links nothing where it %s", async (_, settings, wanted) => {
    const context = await visited();
    await join({ ...context, settings: { ...context.settings, ...settings } }, wanted);
    expect(await isKnown(context, "one")).toBe(false);
  });

  it("is refused where too many ids would follow one another, as a link is", async () => {
    const context = make.context();
    const idOf = (number: number) => (number === 0 ? COOKIE : parseClientId(`id ${number}`));
    for (let number = 0; number <= LINK_DEPTH_MAX; number += 1) {
      const day = (make.DAY - number) as Day;
      await participate(context, make.request({ experiment: "one", client: idOf(number), day }));
      if (number > 0) await linked(context, { client: idOf(number), previous: idOf(number - 1) });
    }
    const earlier = make.request({ experiment: "one", client: ACCOUNT, day: (make.DAY - 99) as Day });
    await participate(context, earlier);
    expect(await laterCodeOf(() => join(context))).toBe("too-many-ids");
    expect(await laterCodeOf(() => linked(context, { experiment: "one" }))).toBe("too-many-ids");
    expect(await linked(context)).toEqual([]);
  });
});
