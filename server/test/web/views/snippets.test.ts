/** What the pages show to copy, run as it stands: by the programs and clients it is meant for, against a real server. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withKpi } from "../../../src/domain/experiment-kpis.ts";
import { parseKpiName } from "../../../src/domain/names.ts";
import { PARTICIPATION } from "../../../src/domain/tally.ts";
import { ofDays } from "../../store/fixtures.ts";
import { type Api, startApi } from "../../support/api.ts";
import * as make from "../../support/make.ts";
import { HOSTILE_NAMES } from "../../support/names.ts";
import { openApp } from "../support.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

interface Language {
  readonly label: string;
  readonly command: string;
  readonly args: (code: string) => readonly string[];
  /** The end of the line that makes a session, and the same with more patience: tests keep a machine busy. */
  readonly patience?: readonly [string, string];
  readonly env?: Readonly<Record<string, string>>;
}

const LANGUAGES: readonly Language[] = [
  { label: "curl", command: "sh", args: (code) => ["-ec", code.replaceAll("curl -G", "curl -sSfG")] },
  // As a module of the workspace, where the package is installed. Node 20 takes no types, and the snippet has none.
  {
    label: "TypeScript",
    command: process.execPath,
    args: (code) => ["--input-type=module", "--eval", code],
    patience: ['");\nconst alternative', '", { timeoutMs: 60_000 });\nconst alternative'],
  },
  {
    label: "Python",
    command: "python3",
    args: (code) => ["-c", code],
    patience: ['client_id="visitor-1")', 'client_id="visitor-1", timeout=60)'],
    env: { PYTHONPATH: `${ROOT}clients/python` },
  },
  {
    label: "Ruby",
    command: "ruby",
    args: (code) => ["-I", `${ROOT}clients/ruby/lib`, "-e", code],
    patience: ["client_id: 'visitor-1')", "client_id: 'visitor-1', timeout: 60)"],
  },
  {
    label: "PHP",
    command: "php",
    args: (code) => ["-r", code],
    patience: ["clientId: 'visitor-1')", "clientId: 'visitor-1', timeoutMs: 60_000)"],
  },
];

/** What quotes and interpolation might trip over, in any language. */
const ODD = `it's a $name #{odd} "one" \\ 50% & <b>`;
/** One after the other is in the call of each language: quoting, escapes, interpolation, comments and ends of lines. */
const ODD_NAMES = HOSTILE_NAMES.filter((name) => /[^\w./ -]/.test(name));

let api: Api;
let context: make.TestContext;
let app: FastifyInstance;

beforeAll(async () => {
  // What the snippet of TypeScript imports is the published client, as it is built.
  if (!existsSync(`${ROOT}clients/typescript/dist/index.js`)) {
    spawnSync(process.execPath, [`${ROOT}clients/build.mjs`], { cwd: ROOT, stdio: "inherit" });
  }
  context = make.context();
  api = await startApi({ store: context.store, clock: context.clock });
  app = openApp(context, { api: { url: api.url, port: api.port, basePath: "" } });
});
afterAll(async () => {
  await app.close();
  await api.close();
});

async function addExperiment(name: string, alternatives: readonly string[]): Promise<void> {
  const experiment = await make.created(context.store, make.draft({ name, alternatives }));
  await context.store.definitions.change(withKpi(experiment, parseKpiName("signup")));
}

/** The text that the copy button of a language copies. */
async function snippetOf(name: string, label: string, query = ""): Promise<string> {
  const url = `/experiments/${encodeURIComponent(name)}/${query}`;
  const { body } = await app.inject({ url, headers: { accept: "text/html" } });
  const shown = body.split(`<summary>${label}</summary>`)[1]?.match(/<pre[^>]*>(?:<code>)?(.*?)(?:<\/code>)?<\/pre>/s);
  const decoded = shown?.[1]?.replace(/&(lt|gt|quot|#39|amp);/g, (_, entity: string) => ENTITIES[entity] ?? "");
  if (decoded === undefined) throw new Error(`Expected a snippet of ${label}, got none in ${body.length} characters`);
  return decoded;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };

async function run({ command, args, patience, env }: Language, code: string): Promise<void> {
  if (patience !== undefined) expect(code).toContain(patience[0]);
  const patient = patience === undefined ? code : code.replaceAll(...patience);
  await promisify(execFile)(command, args(patient), { cwd: ROOT, env: { ...process.env, ...env } });
}

/** Participants, conversions of the default KPI, and of the named one. */
async function countsOf(name: string): Promise<readonly number[]> {
  const experiment = await context.store.definitions.read(name);
  if (experiment === undefined) throw new Error(`Expected ${name} to exist`);
  const tallies = ofDays(await context.store.tallies.read(experiment));
  return [PARTICIPATION, 0, 1].map((metric) =>
    tallies.filter((tally) => tally.metric === metric).reduce((sum, { clients }) => sum + clients, 0),
  );
}

describe.each(LANGUAGES)("the snippet of $label", (language) => {
  test("takes part and converts", async () => {
    const name = `plain-${language.label.toLowerCase()}`;
    await addExperiment(name, ["red", "blue"]);
    await run(language, await snippetOf(name, language.label, "?kpi="));
    expect(await countsOf(name)).toEqual([1, 1, 0]);
  });

  test("converts to the KPI that the page shows", async () => {
    const name = `kpi-${language.label.toLowerCase()}`;
    await addExperiment(name, ["red", "blue", "green"]);
    await run(language, await snippetOf(name, language.label, "?kpi=signup"));
    expect(await countsOf(name)).toEqual([1, 0, 1]);
  });

  test("takes part in experiments of any name, in one program", async () => {
    const code: string[] = [];
    for (const name of ODD_NAMES) {
      const odd = oddly(language.label, name);
      await addExperiment(odd, ["red", "blue"]);
      code.push(await snippetOf(odd, language.label, "?kpi="));
    }
    await run(language, together(language.label, code));
    for (const name of ODD_NAMES) {
      const odd = oddly(language.label, name);
      expect([odd, await countsOf(odd)]).toEqual([odd, [1, 1, 0]]);
    }
  });
});

/** Each language its own experiments, of names that stay within the length. */
function oddly(label: string, name: string): string {
  return `${[...name].slice(0, 50).join("")}${label}`;
}

/** Several snippets as one program: those of TypeScript declare the same names, so each gets a block of its own. */
function together(label: string, snippets: readonly string[]): string {
  if (label !== "TypeScript") return snippets.join("\n");
  const [head = "", ...bodies] = [
    snippets[0]?.split("\n")[0],
    ...snippets.map((code) => code.split("\n").slice(1).join("\n")),
  ];
  return [head, ...bodies.map((body) => `{${body}}`)].join("\n");
}

test("alternatives that no rule would let in today are in the call of curl, and in no client, which would refuse them", async () => {
  await addExperiment(ODD, [ODD, `other ${ODD}`]);
  const [curl, ...clients] = LANGUAGES;
  if (curl !== undefined) await run(curl, await snippetOf(ODD, curl.label, "?kpi="));
  expect(await countsOf(ODD)).toEqual([1, 1, 0]);
  for (const { label } of clients) await expect(snippetOf(ODD, label)).rejects.toThrow("Expected a snippet");
});
