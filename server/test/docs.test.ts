/**
 * Docs and code name the same things: endpoints, arguments, error codes, limits, key families; and the examples of
 * docs/http-api.md are true. A further list joins by a table in the docs and one `it` here.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ARGUMENTS } from "../src/api/arguments.ts";
import { CONNECTIONS_MAX } from "../src/api/connections.ts";
import * as apiLimits from "../src/api/limits.ts";
import { PROBES_IN_FLIGHT_MAX } from "../src/api/overload.ts";
import { OUR_PARTICIPATION_FIELDS } from "../src/api/participation.ts";
import { NAMED_ROUTES, ROUTES } from "../src/api/paths.ts";
import { API_REFUSALS } from "../src/api/refusals.ts";
import { COVARIATE_MAX } from "../src/domain/covariate.ts";
import { EPOCHS_BY_REQUESTS_MAX, EPOCHS_MAX } from "../src/domain/epochs.ts";
import { ERRORS } from "../src/domain/errors.ts";
import { ALTERNATIVES_MAX, CLIENT_ID_LENGTH_MAX, KPIS_MAX, NAME_LENGTH_MAX } from "../src/domain/names.ts";
import { SCOPE_NAMES } from "../src/domain/scope.ts";
import { LINGER_MS } from "../src/ops/broken.ts";
import { ADDRESSES_MAX } from "../src/ops/quota.ts";
import { DIMENSIONS_IN_METRICS_MAX } from "../src/ops/segment-meter.ts";
import { EXPERIMENTS_IN_METRICS_MAX } from "../src/ops/store-meter.ts";
import { ANSWER_REASONS } from "../src/service/participate.ts";
import { takenMax } from "../src/service/transfer/file/import-activity.ts";
import { KEPT_MAX } from "../src/store/activity.ts";
import { FAMILIES } from "../src/store/local/keys.ts";
import { startApi } from "./support/api.ts";

function readDoc(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

/** The text from a heading to the next one of the same depth or less. */
function section(text: string, heading: string): string {
  const [marks = ""] = heading.split(" ");
  const start = text.indexOf(`\n${heading}\n`);
  if (start === -1) throw new Error(`Expected the heading ${heading}, got none`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${marks.length}} `, "m"));
  return end === -1 ? rest : rest.slice(0, end);
}

/** The cells of every row of the tables in a text, without heads. */
function rows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines
    .filter((_, index) => !lines[index]?.startsWith("|---") && !lines[index + 1]?.startsWith("|---"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What stands in backticks in the first column of the tables. */
function firstColumn(text: string): string[] {
  return rows(text).flatMap(([cell = ""]) => codes(cell));
}

function codes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

const HTTP_API = readDoc("http-api.md");

describe("docs/http-api.md and the code name the same", () => {
  it("endpoints", () => {
    const served = [...Object.keys(ROUTES), ...Object.keys(NAMED_ROUTES).map((prefix) => `${prefix}<name>`)];
    expect(firstColumn(section(HTTP_API, "## Endpoints")).sort()).toEqual(served.sort());
  });

  it("arguments, each with its calls and its meaning", () => {
    const coded = Object.entries(ARGUMENTS).map(([name, { of, meaning }]) => [`\`${name}\``, of, meaning]);
    expect(rows(section(HTTP_API, "## Arguments"))).toEqual(coded);
  });

  it("arguments that a stranger's call may not have on an open server, and when", () => {
    const coded = Object.entries(ARGUMENTS).flatMap(([name, row]) =>
      "reserved" in row
        ? [[`\`${name}\``, `\`${row.reserved}\``, "reservedIf" in row ? row.reservedIf : "always"]]
        : [],
    );
    expect(rows(section(HTTP_API, "## Reserved arguments"))).toEqual(coded);
    for (const scope of SCOPE_NAMES) expect(coded.map(([, name]) => name)).toContain(`\`${scope}\``);
  });

  it("fields that the answer of /participate has beside those of 2.7", () => {
    const text = section(HTTP_API, "## The order of a decision");
    for (const name of Object.keys(OUR_PARTICIPATION_FIELDS)) expect(text).toContain(`\`${name}\``);
  });

  it("reasons of an answer", () => {
    const text = section(HTTP_API, "## The order of a decision");
    expect(firstColumn(text).sort()).toEqual([...ANSWER_REASONS].sort());
  });

  it("error codes, with their statuses and the messages of the API", () => {
    const api = rows(section(HTTP_API, "## Refusals"));
    const dashboard = rows(section(HTTP_API, "### Refusals of the dashboard"));
    const documented = new Map<string, Set<string>>();
    for (const [code = "", status = ""] of [...api, ...dashboard]) {
      // A row of the dashboard may hold several codes and as many statuses.
      const statuses = status.split(/, /);
      for (const [index, name] of codes(code).entries()) {
        documented.set(name, (documented.get(name) ?? new Set()).add(statuses[index] ?? status));
      }
    }
    expect(api.flatMap(([code = ""]) => codes(code)).sort()).toEqual(Object.keys(API_REFUSALS).sort());
    const coded = Object.entries(ERRORS).map(([code, { status }]) => [code, new Set([String(status)])]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(coded));
    for (const [code = "", , message] of api) {
      expect(message).toBe(ERRORS[codes(code)[0] as keyof typeof ERRORS].message);
    }
  });

  it("limits, with their values", () => {
    const limits = {
      ...apiLimits,
      ADDRESSES_MAX,
      ALTERNATIVES_MAX,
      CLIENT_ID_LENGTH_MAX,
      COVARIATE_MAX,
      CONNECTIONS_MAX,
      DIMENSIONS_IN_METRICS_MAX,
      EPOCHS_BY_REQUESTS_MAX,
      EPOCHS_MAX,
      EXPERIMENTS_IN_METRICS_MAX,
      KPIS_MAX,
      LINGER_MS,
      NAME_LENGTH_MAX,
      PROBES_IN_FLIGHT_MAX,
    };
    const documented = rows(section(HTTP_API, "## Limits")).map(([name = "", value]) => [codes(name)[0], value]);
    const coded = Object.entries(limits).map(([name, value]) => [name, value.toLocaleString("en")]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(coded));
  });
});

describe("SECURITY.md", () => {
  it("has for each claim the sentences of tests that are there", () => {
    const claims = rows(readDoc("../SECURITY.md"));
    expect(claims.length).toBeGreaterThan(40);
    for (const [claim, held = ""] of claims) {
      // A file is named once for all of its sentences.
      let code = "";
      for (const named of held.split("<br>")) {
        const [, path, sentence = ""] = /^(?:`([^`]+)`: )?(.+)$/.exec(named) ?? [];
        if (path !== undefined) code = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
        expect([claim, named, isSentenceOf(sentence, code)]).toEqual([claim, named, true]);
      }
    }
  });

  /** Not in a comment. */
  function isSentenceOf(sentence: string, code: string): boolean {
    return code.split("\n").some((line) => line.includes(sentence) && !/^\s*(?:\*|\/)/.test(line));
  }
});

describe("docs/troubleshooting.md", () => {
  const text = readDoc("troubleshooting.md");

  it("has an entry for every error code, with its message", () => {
    const told = rows(section(text, "## Refusals"));
    expect(told.filter((cells) => cells.length !== 4 || cells.includes(""))).toEqual([]);
    const entries = told.map(([code = "", message]) => [codes(code)[0], message]);
    const coded = Object.entries(ERRORS).map(([code, { message }]) => [code, message]);
    expect(entries.sort()).toEqual(coded.sort());
  });

  it("has an entry for everything that `sixpack doctor` warns of or fails at", () => {
    const source = new URL("../src/", import.meta.url);
    const code = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(new URL(file, source), "utf8"))
      .filter((text) => text.includes('/ops/finding.ts"'));
    const subjects = [...code.join("").matchAll(/\b(?:warn|fail|checkPort)\(\s*"([^"]+)"/g)].map(([, name]) => name);
    expect(subjects.length).toBeGreaterThan(20);
    const documented = firstColumn(section(text, "## What `sixpack doctor` says"));
    expect(subjects.filter((subject) => !documented.includes(subject ?? ""))).toEqual([]);
  });
});

describe("docs/storage.md and the code name the same", () => {
  it("key families of the embedded engine", () => {
    const embedded = section(readDoc("storage.md"), "## Embedded");
    expect(firstColumn(section(embedded, "### Key map")).sort()).toEqual(Object.values(FAMILIES).sort());
  });
});

describe("docs/migration.md and the code name the same", () => {
  it("limits of what an import takes over from the activity log", () => {
    const text = section(readDoc("migration.md"), "## From one store to another").replaceAll("\n", " ");
    const [people, server, calls] = [takenMax("people"), takenMax("server"), takenMax("calls")];
    expect(text).toContain(`${people.toLocaleString("en")} of people, ${server} of the server and ${calls} of calls`);
    expect(takenMax("calls") * 10, "a tenth").toBe(KEPT_MAX.calls);
  });
});

/** What stands in bold in a text; tables of a glossary have its words so. */
function bold(text: string): string[] {
  return [...text.matchAll(/\*\*([^*]+)\*\*/g)].map((match) => match[1]?.replaceAll("\n", " ") ?? "");
}

/** The name of a heading in a link: lower case, blanks as hyphens, without marks. */
function anchors(text: string): Set<string> {
  const heads = [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? "");
  return new Set(
    heads.map((head) =>
      head
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

const PAGES = [
  ...readdirSync(new URL("../../docs", import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "ROADMAP.md", "CODE_OF_CONDUCT.md"],
];

describe("the documents", () => {
  it.each(PAGES)("%s links to files and headings that are there", (page) => {
    const here = new URL(`../../${page}`, import.meta.url);
    const text = readFileSync(here, "utf8").replaceAll(/```[\s\S]*?```/g, "");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const url = new URL(link, here);
      const heading = url.hash.slice(1);
      url.hash = "";
      if (!existsSync(url)) return true;
      return heading !== "" && !anchors(readFileSync(url, "utf8")).has(heading);
    });
    expect(broken).toEqual([]);
  });

  it("have in bold in architecture.md only words that the glossary explains", () => {
    const explained = new Set(bold(readDoc("glossary.md")).map((word) => word.toLowerCase()));
    const said = bold(readDoc("architecture.md"));
    expect(said.length).toBeGreaterThan(10);
    expect(said.filter((word) => !explained.has(word.toLowerCase()))).toEqual([]);
  });

  it("name in architecture.md and CONTRIBUTING.md only files and folders that are there", () => {
    const pages = readDoc("architecture.md") + readDoc("../CONTRIBUTING.md");
    const named = codes(pages.replaceAll(/```[\s\S]*?```/g, "")).filter((code) =>
      /^[\w.-]+\/(?:[\w-]+\/)*(?:[\w.-]+\.\w+)?$/.test(code),
    );
    const firstFiles = rows(section(readDoc("architecture.md"), "## Floors")).map(
      ([folders = "", , file = ""]) => `${codes(folders)[0]}${codes(file)[0]}`,
    );
    const missing = [...named, ...firstFiles].filter(
      (path) => !["../../", "../src/"].some((root) => existsSync(new URL(root + path, import.meta.url))),
    );
    const files = new Set(
      readdirSync(new URL("../src", import.meta.url), { recursive: true, encoding: "utf8" }).map(
        (path) => path.split("/").at(-1) ?? "",
      ),
    );
    const bare = codes(pages).filter((code) => /^[\w.-]+\.(?:tsx?|lua|css)$/.test(code));
    expect(bare.filter((file) => !files.has(file))).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
    expect(firstFiles.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });

  it("of decisions have a number each, and a line each in the index", () => {
    const files = readdirSync(new URL("../../docs/decisions", import.meta.url)).filter((file) => /^\d/.test(file));
    const numbers = files.map((file) => file.slice(0, 4));
    expect(new Set(numbers).size).toBe(numbers.length);
    const index = rows(readDoc("decisions/README.md")).map(([cell = ""]) => /\(([^)]+)\)/.exec(cell)?.[1]);
    expect(index).toEqual(files.sort());
    for (const file of files) expect(readDoc(`decisions/${file}`)).toMatch(new RegExp(`^# ${file.slice(0, 4)}: `));
  });
});

describe("the examples of docs/http-api.md", () => {
  it("give the answers that stand under them, one after the other", async () => {
    const api = await startApi();
    const blocks = [...HTTP_API.matchAll(/```console\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
    const examples = [...blocks.join("").matchAll(/^\$ curl (.*)\n(.*)$/gm)];
    for (const [, command = "", answer] of examples) {
      const { path, init } = requestOf(command);
      expect((await api.get(path, init)).text, command).toBe(answer);
    }
    // A pattern that finds nothing would prove nothing.
    expect(examples.length).toBeGreaterThan(8);
    await api.close();
  });
});

/** The request that a curl command of the docs makes: an address, and `-d` and `-H` as often as wanted. */
function requestOf(command: string): { readonly path: string; readonly init: RequestInit } {
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
  const after = (option: string) => words.filter((_, index) => words[index - 1] === option);
  const path = (words.find((word) => word.startsWith("http:")) ?? "").replace("http://localhost:5000", "");
  const data = after("-d");
  if (data.length === 0) return { path, init: {} };
  const headers = after("-H").map((header): [string, string] => {
    const [name = "", value = ""] = header.split(": ");
    return [name, value];
  });
  const form: [string, string] = ["Content-Type", "application/x-www-form-urlencoded"];
  return { path, init: { method: "POST", body: data.join("&"), headers: headers.length === 0 ? [form] : headers } };
}
