/** The client for Java: built as its page says, its tests, its documentation, its example, and a network that is silent. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../prepare.mjs";
import { install } from "./debian.mjs";
import { startServer } from "./server.mjs";
import { INTERPRETERS_MIN } from "./versions.mjs";

const CLIENT = join(ROOT, "clients/java");
const README = readFileSync(join(CLIENT, "README.md"), "utf8");
const RESULT = /^(?<result>ok|failed) (?<name>[^:\n]+)/gm;
/** A time-out is half a second; one for each address would be two seconds, and resolvers give up after ten. */
const PAGE_MS_MAX = 1_500;

export async function* ofJava() {
  install(`openjdk-${INTERPRETERS_MIN.Java}-jdk-headless`);
  process.stdout.write(`  ${run("javac", "-version").trim()}\n`);
  const folder = mkdtempSync(join(tmpdir(), "sixpack-java-"));
  try {
    yield* parts(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* parts(folder) {
  const [main, tests, docs] = ["main", "tests", "docs"].map((name) => join(folder, name));
  const strict = ["-Xlint:all", "-Werror", "--release", INTERPRETERS_MIN.Java];
  run("javac", ...strict, "-d", main, ...sources("src/main"));
  run("javac", ...strict, "-cp", main, "-d", tests, ...sources("src/test"));
  const classes = ["-cp", `${main}:${tests}`];

  const { stdout, stderr, status } = spawned("java", ...classes, "sixpack.client.Run");
  const results = [...stdout.matchAll(RESULT)].map(({ groups }) => groups);
  for (const { name, result } of results) yield [name, () => assert.equal(result, "ok", stdout)];
  yield ["runs its tests", () => assert.ok(results.length > 0 && status === 0, `${stdout}${stderr}`.slice(-4_000))];

  yield [
    "says in its documentation what every public part is",
    () => run("javadoc", "-quiet", "-Xdoclint:all", "-Werror", "-d", docs, ...sources("src/main")),
  ];
  yield ["is built, and takes part, as its page says", () => follow(folder)];
  yield ["shows the control after one time-out in a silent network", () => visitSilence(classes)];
}

/** Runs the programs and commands of the page in a checkout of its own, against a server of its own. */
async function follow(folder) {
  const [[button, shop], [commands]] = ["java", "sh"].map(blocks);
  const checkout = join(folder, "checkout");
  mkdirSync(join(checkout, "clients"), { recursive: true });
  run("cp", "-r", CLIENT, join(checkout, "clients"));
  const server = await startServer();
  try {
    // A busy machine may need more than half a second for what a JVM does first.
    const patient = ".timeout(java.time.Duration.ofMinutes(1)).build()";
    const here = (program) =>
      program.replace("http://localhost:5000", server.api).replace("(8000)", "(0)").replace(".build()", patient);
    writeFileSync(join(checkout, "Button.java"), here(button));
    run("sh", "-e", "-c", `cd ${checkout} && ${commands}`);
    writeFileSync(join(checkout, "Shop.java"), here(shop));
    await visitShop(checkout);
    const { total_participants } = await (await fetch(`${server.api}/experiments/button`)).json();
    assert.equal(total_participants, 2, "the program and one visitor of the shop");
  } finally {
    await server.stop();
  }
}

/** Twice, as one visitor, and once by a link that shows an alternative. */
async function visitShop(cwd) {
  const args = ["-cp", "clients/java/build/sixpack-client.jar", "Shop.java"];
  const child = spawn("java", args, { cwd, stdio: ["ignore", "pipe", 2] });
  try {
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`Expected a shop, got exit ${code}`)));
    const [url] = await Promise.race([once(lines, "line"), ended]);
    // That of Node's own is a robot's, who is not counted.
    const headers = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
    const first = await fetch(url, { headers });
    const cookie = first.headers.get("set-cookie") ?? "";
    assert.match(cookie, /^sixpack_client_id=[0-9a-f-]{36}; Path=\/; Max-Age=34560000; SameSite=Lax$/);
    const second = await fetch(url, { headers: { ...headers, Cookie: cookie.split(";")[0] } });
    assert.equal(second.headers.get("set-cookie"), null);
    assert.equal(await second.text(), await first.text());
    assert.equal(await (await fetch(`${url}/?sixpack-force-button=blue`)).text(), "blue");
  } finally {
    child.kill();
  }
}

function visitSilence(classes) {
  // Java asks addresses of IPv4 first unless told otherwise; the one that is silent is of IPv6.
  const visit = ["java", "-Djava.net.preferIPv6Addresses=system", ...classes, "sixpack.client.Network"];
  const script = join(ROOT, "clients/test/support/silent-network.py");
  const { alive, dead, unknown } = JSON.parse(run("unshare", "-rmn", "--kill-child", "python3", script, ...visit));
  assert.deepEqual([alive.shown, alive.codes], [Array(5).fill("blue"), []]);
  for (const { shown, codes, ms } of [dead, unknown]) {
    assert.deepEqual(shown, Array(5).fill("red"));
    assert.deepEqual(codes, ["timeout", ...Array(4).fill("unreachable")]);
    assert.ok(ms < PAGE_MS_MAX, `Expected less than ${PAGE_MS_MAX} ms, got ${ms}`);
  }
}

function blocks(kind) {
  return [...README.matchAll(new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text]) => text);
}

function sources(folder) {
  return run("find", folder, "-name", "*.java").trim().split("\n");
}

/** In the client's folder; returns what it printed. */
function run(command, ...args) {
  const { status, stdout, stderr, error } = spawned(command, ...args);
  if (status !== 0) throw new Error(`${error ?? ""}${stdout}${stderr}`.slice(-4_000));
  return stdout;
}

function spawned(command, ...args) {
  return spawnSync(command, args, { cwd: CLIENT, encoding: "utf8" });
}
