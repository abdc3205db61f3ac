/** What both providers are tested with: the same flags, on the real server's word. */
import type { ProviderOptions } from "../src/flags.ts";

/** As the SDK's tests of one domain must not disturb those of another. */
export function domain(): string {
  return `domain-${Math.random()}`;
}

export const FLAGS: ProviderOptions["flags"] = {
  // 09a7407c… gets the second of these: design, section 4.
  "deterministic-1": { alternatives: ["a", "b"] },
  banner: {
    experiment: "deterministic-1",
    alternatives: ["a", "b"],
    values: { a: { title: "Old" }, b: { title: "New", size: 2 } },
  },
  enabled: { experiment: "deterministic-1", alternatives: ["a", "b"], values: { a: false, b: true } },
  price: { experiment: "deterministic-1", alternatives: ["a", "b"], values: { a: 9.5, b: 12 } },
};

export const CLIENT = "09a7407c-e371-492b-82e3-ef438d960ca3";

/** Behaviours of conformance/misbehaving-server.mjs whose answers never end. */
const ENDLESS = ["silent", "trickling", "trickling-head", "flooding", "flooding-chunks", "flooding-head", "processing"];
/** Those whose answers are none, or refusals. */
const WRONG = [
  ["dropping", "half", "half-refusal", "error-500", "rejecting", "too-slow", "too-many", "not-json", "wrong-json"],
  ["wrong-alternative", "other-client", "other-experiment", "redirecting"],
].flat();

/** Each with the time that its calls have: little where that is what ends them. */
export const MISBEHAVING = [
  ...ENDLESS.map((behaviour) => [behaviour, 200] as const),
  ...WRONG.map((behaviour) => [behaviour, 60_000] as const),
];
