/** Any name of an experiment through every route of the API, over real sockets: it comes back as it was sent. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { query, sharedApi } from "../support/api.ts";
import { anyName, HOSTILE_NAMES } from "../support/names.ts";

const api = sharedApi();
const ALTERNATIVES = ["red", "blue"];

async function follow(experiment: string): Promise<void> {
  const call = { experiment, alternatives: ALTERNATIVES, client_id: "1" };
  const { json: first } = await api.get(`/participate?${query(call)}`);
  expect(first).toMatchObject({ status: "ok", experiment: { name: experiment }, client_id: "1" });
  const { json: batch } = await api.post("/batch", {
    calls: [{ participate: call }, { convert: { experiment, client_id: "1" } }],
  });
  expect(batch).toMatchObject({
    answers: [
      { http_status: 200, ...(first as object) },
      { http_status: 200, experiment: { name: experiment } },
    ],
  });
  const answers = await Promise.all([
    api.post("/participate", call),
    api.post("/participate", query(call)),
    api.get(`/convert?${query({ experiment, client_id: "1" })}`),
    api.get(`/experiments/${encodeURIComponent(experiment)}`),
    api.get(`/experiments/${encodeURIComponent(experiment)}/`),
    api.post(`/ofrep/v1/evaluate/flags/${encodeURIComponent(experiment)}`, { context: { targetingKey: "1" } }),
  ]);
  const name = { name: experiment };
  expect(answers.map(({ json }) => json)).toMatchObject([
    first,
    first,
    { experiment: name },
    { ...name, total_participants: 1, total_conversions: 1 },
    name,
    { key: experiment, variant: (first as { alternative: { name: string } }).alternative.name },
  ]);
  const jsonp = await api.get(`/participate?${query({ ...call, callback: "cb" })}`);
  const heard: unknown[] = [];
  new Function("cb", jsonp.text)((answer: unknown) => heard.push(answer));
  expect(heard).toEqual([first]);
}

it.each(HOSTILE_NAMES)("takes part, converts and is shown under %j", async (name) => {
  await follow(name);
  expect(api.defects).toEqual([]);
});

// Fewer runs than elsewhere: each one is ten requests.
it("does so under any name", async () => {
  await fc.assert(fc.asyncProperty(anyName, follow), { numRuns: 50 });
});

it("keeps names apart that only look alike, blanks at the ends and all", async () => {
  const names = ["look", "Look", " look", "look ", "l\u00f6ok", "lo\u0308ok", "look\u200b", "look\ufeff"];
  for (const experiment of names) {
    await api.get(`/participate?${query({ experiment, alternatives: ALTERNATIVES, client_id: "only" })}`);
  }
  for (const name of names) {
    const { json } = await api.get(`/experiments/${encodeURIComponent(name)}`);
    expect(json).toMatchObject({ name, total_participants: 1 });
  }
});
