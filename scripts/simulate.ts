/**
 * `npm run simulate [-- PART…]`: proves the statistics engine against its targets, each part with its own seed. Prints
 * target beside measurement, and exits with 1 when a target is missed. The parts `server`, `kills` and `links` play on the built server.
 */
import { agent } from "./simulate/agent.ts";
import { alerts } from "./simulate/alerts.ts";
import { bandit } from "./simulate/bandit.ts";
import { banditValues } from "./simulate/bandit-values.ts";
import { calibrate } from "./simulate/calibrate.ts";
import { covariates } from "./simulate/covariates.ts";
import { doors } from "./simulate/doors.ts";
import { enough } from "./simulate/enough.ts";
import { gate } from "./simulate/gate.ts";
import { guardrails } from "./simulate/guardrails.ts";
import { hostile } from "./simulate/hostile.ts";
import { kills } from "./simulate/kills.ts";
import { kpis } from "./simulate/kpis.ts";
import { late } from "./simulate/late.ts";
import { layers } from "./simulate/layers.ts";
import { links } from "./simulate/links.ts";
import { money } from "./simulate/money.ts";
import { power } from "./simulate/power.ts";
import { segments } from "./simulate/segments.ts";
import { server } from "./simulate/server.ts";
import { coverage, means, repeatedLooks, sampleRatio, size, strict } from "./simulate/size.ts";
import type { Part } from "./simulate/target.ts";

const PARTS: Readonly<Record<string, Part>> = {
  "repeated-looks": repeatedLooks,
  size,
  coverage,
  strict,
  means,
  "sample-ratio": sampleRatio,
  enough,
  gate,
  agent,
  kpis,
  doors,
  hostile,
  guardrails,
  late,
  layers,
  links,
  money,
  covariates,
  calibrate,
  segments,
  power,
  bandit,
  "bandit-values": banditValues,
  alerts,
  kills,
  server,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`Expected parts among ${Object.keys(PARTS).join(", ")}, got ${unknown.join(", ")}\n`);
  process.exit(2);
}
let missed = 0;
let total = 0;
for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
  const startMs = performance.now();
  const targets = (await PARTS[name]?.()) ?? [];
  process.stdout.write(`\n${name} (${((performance.now() - startMs) / 1000).toFixed(1)} s)\n`);
  for (const target of targets) {
    total++;
    if (!target.met) missed++;
    const line = [target.name.padEnd(66), target.expected.padEnd(22), target.measured].join("  ");
    process.stdout.write(`  ${target.met ? "met   " : "MISSED"}  ${line}\n`);
  }
}
process.stdout.write(`\n${total - missed} of ${total} targets met\n`);
process.exitCode = missed === 0 ? 0 : 1;
