/** What the clients of compiled languages have in common: programs of their pages, and a network that is silent. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../prepare.mjs";

const RESULT = /^(?<result>ok|failed) (?<name>[^:\n]+)/gm;
/** A time-out is half a second; one for each address would be two seconds, and resolvers give up after ten. */
const PAGE_MS_MAX = 1_500;

/** Of a person: that of Node's own is a robot's, who is not counted. */
export const AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** Helpers for the client in a folder of `clients/`. */
export function compiled(name) {
  const folder = join(ROOT, "clients", name);
  const spawned = (command, ...args) => spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  /** Returns what it printed. */
  const run = (command, ...args) => {
    const { status, stdout, stderr, error } = spawned(command, ...args);
    if (status !== 0) throw new Error(`${error ?? ""}${stdout}${stderr}`.slice(-4_000));
    return stdout;
  };
  return {
    folder,
    run,
    /** The files of a kind below a folder. */
    sources: (below, kind) => run("find", below, "-name", `*.${kind}`).trim().split("\n"),
    /** The pieces of the page that are of a language. */
    blocks(language) {
      const page = readFileSync(join(folder, "README.md"), "utf8");
      return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text]) => text);
    },
    /** Each line that a program of tests prints, as a part. */
    *tests(...command) {
      const { stdout, stderr, status } = spawned(...command);
      const results = [...stdout.matchAll(RESULT)].map(({ groups }) => groups);
      for (const { name, result } of results) yield [name, () => assert.equal(result, "ok", stdout)];
      yield ["runs its tests", () => assert.ok(results.length > 0 && status === 0, `${stdout}${stderr}`.slice(-4_000))];
    },
    /** Five experiments on a page, by a program that is given a port and prints what it saw. */
    visitSilence(...command) {
      const script = join(ROOT, "clients/test/support/silent-network.py");
      const { alive, dead, unknown } = JSON.parse(
        run("unshare", "-rmn", "--kill-child", "python3", script, ...command),
      );
      assert.deepEqual([alive.shown, alive.codes], [Array(5).fill("blue"), []]);
      for (const { shown, codes, ms } of [dead, unknown]) {
        assert.deepEqual(shown, Array(5).fill("red"));
        assert.deepEqual(codes, ["timeout", ...Array(4).fill("unreachable")]);
        assert.ok(ms < PAGE_MS_MAX, `Expected less than ${PAGE_MS_MAX} ms, got ${ms}`);
      }
    },
  };
}

/** Visits the shop that a program opens, which prints its URL: twice as one visitor, and by a link that shows `blue`. */
export async function visitShop(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", 2] });
  try {
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`Expected a shop, got exit ${code}`)));
    const [url] = await Promise.race([once(lines, "line"), ended]);
    const headers = { "User-Agent": AGENT };
    const first = await fetch(url, { headers });
    const cookie = first.headers.get("set-cookie") ?? "";
    assert.match(cookie, /^sixpack_client_id=[0-9a-f-]{36}; Path=\/; Max-Age=34560000; SameSite=Lax$/);
    const second = await fetch(url, { headers: { ...headers, Cookie: cookie.split(";")[0] } });
    assert.equal(second.headers.get("set-cookie"), null);
    assert.equal(await second.text(), await first.text());
    assert.equal(await (await fetch(new URL("?sixpack-force-button=blue", url))).text(), "blue");
  } finally {
    child.kill();
  }
}
