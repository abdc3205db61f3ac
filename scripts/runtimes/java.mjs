/** The client for Java: its tests, its documentation, its page followed word by word, and a network that is silent. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compiled, visitShop } from "./compiled.mjs";
import { install } from "./debian.mjs";
import { startServer } from "./server.mjs";
import { INTERPRETERS_MIN } from "./versions.mjs";

const client = compiled("java");

export async function* ofJava() {
  install(`openjdk-${INTERPRETERS_MIN.Java}-jdk-headless`);
  process.stdout.write(`  ${client.run("javac", "-version").trim()}\n`);
  const folder = mkdtempSync(join(tmpdir(), "sixpack-java-"));
  try {
    yield* parts(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* parts(folder) {
  const [main, tests, docs] = ["main", "tests", "docs"].map((name) => join(folder, name));
  const [sources, testSources] = ["src/main", "src/test"].map((below) => client.sources(below, "java"));
  const strict = ["-Xlint:all", "-Werror", "--release", INTERPRETERS_MIN.Java];
  client.run("javac", ...strict, "-d", main, ...sources);
  client.run("javac", ...strict, "-cp", main, "-d", tests, ...testSources);
  const classes = ["-cp", `${main}:${tests}`];

  yield* client.tests("java", ...classes, "sixpack.client.Run");
  yield [
    "says in its documentation what every public part is",
    () => client.run("javadoc", "-quiet", "-Xdoclint:all", "-Werror", "-d", docs, ...sources),
  ];
  yield ["is built, and takes part, as its page says", () => follow(folder)];
  yield [
    "shows the control after one time-out in a silent network",
    // Java asks addresses of IPv4 first unless told otherwise; the one that is silent is of IPv6.
    () => client.visitSilence("java", "-Djava.net.preferIPv6Addresses=system", ...classes, "sixpack.client.Network"),
  ];
}

/** Runs the programs and commands of the page in a checkout of its own, against a server of its own. */
async function follow(folder) {
  const [[button, shop], [commands]] = ["java", "sh"].map(client.blocks);
  const checkout = join(folder, "checkout");
  mkdirSync(join(checkout, "clients"), { recursive: true });
  client.run("cp", "-r", client.folder, join(checkout, "clients"));
  const server = await startServer();
  try {
    // A busy machine may need more than half a second for what a JVM does first.
    const patient = ".timeout(java.time.Duration.ofMinutes(1)).build()";
    const here = (program) =>
      program.replace("http://localhost:5000", server.api).replace("(8000)", "(0)").replace(".build()", patient);
    writeFileSync(join(checkout, "Button.java"), here(button));
    client.run("sh", "-e", "-c", `cd ${checkout} && ${commands}`);
    writeFileSync(join(checkout, "Shop.java"), here(shop));
    await visitShop("java", ["-cp", "clients/java/build/sixpack-client.jar", "Shop.java"], checkout);
    const { total_participants } = await (await fetch(`${server.api}/experiments/button`)).json();
    assert.equal(total_participants, 2, "the program and one visitor of the shop");
  } finally {
    await server.stop();
  }
}
