/** The client for Java: its tests, its documentation, its page followed word by word, and a network that is silent. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AGENT, compiled, visitShop } from "./compiled.mjs";
import { install } from "./debian.mjs";
import { startServer } from "./server.mjs";
import { INTERPRETERS_MIN } from "./versions.mjs";

const client = compiled("java");

/** Debian's, of both names that the API of servlets has. */
const TOMCATS = [
  { version: 10, api: "jakarta.servlet" },
  { version: 9, api: "javax.servlet" },
];

export async function* ofJava() {
  install(`openjdk-${INTERPRETERS_MIN.Java}-jdk-headless`, ...TOMCATS.map(({ version }) => `libtomcat${version}-java`));
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
  for (const tomcat of TOMCATS) {
    yield [`has a filter for ${tomcat.api}, in Tomcat ${tomcat.version}`, () => visitTomcat(tomcat, main, folder)];
  }
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

/** Pages of a server of servlets, behind the filter. */
async function visitTomcat({ version, api }, main, folder) {
  const own = join(folder, `tomcat${version}`);
  const jars = client
    .sources("/usr/share/java", "jar")
    .filter((path) => new RegExp(`/tomcat${version}-[a-z-]+\\.jar$`).test(path));
  const classpath = [main, join(own, "classes"), ...jars].join(":");
  client.run("cp", "-r", "src/servlet", "src/servlet-test", `${folder}/`);
  const sources = client
    .sources(join(folder, "servlet"), "java")
    .concat(client.sources(join(folder, "servlet-test"), "java"));
  client.run("sed", "-i", `s/jakarta\\.servlet/${api}/`, ...sources);
  client.run(
    "javac",
    "-Xlint:all,-classfile,-path",
    "-Werror",
    "-cp",
    classpath,
    "-d",
    join(own, "classes"),
    ...sources,
  );
  const server = await startServer();
  const pages = spawn("java", ["-cp", classpath, "sixpack.client.servlet.Pages", server.api], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  try {
    const [url] = await once(createInterface({ input: pages.stdout }), "line");
    const visit = async (path, cookie = "") => {
      const response = await fetch(url + path, { headers: { "User-Agent": AGENT, cookie } });
      return { text: await response.text(), cookies: response.headers.getSetCookie() };
    };
    const first = await visit("/");
    assert.equal(first.cookies.length, 1);
    assert.match(first.cookies[0], /^sixpack_client_id=[0-9a-f-]{36}; Path=\/; Max-Age=34560000; SameSite=Lax$/);
    const cookie = `theme=dark; ${first.cookies[0].split(";")[0]}`;
    assert.deepEqual(await visit("/", cookie), { text: first.text, cookies: [] });
    assert.deepEqual(await visit("/late", cookie), { text: `page: ${first.text}`, cookies: [] });
    assert.equal((await visit("/late")).cookies.length, 1);
    assert.deepEqual(await visit("/other"), { text: "", cookies: [] });
    assert.deepEqual(await visit("/?sixpack-force-button=blue", cookie), { text: "blue", cookies: [] });
    const user = await visit("/?login=user-42");
    assert.deepEqual(await visit("/?login=user-42", cookie), user);
    assert.deepEqual(user.cookies, []);
    const nobody = await visit("/?login=");
    assert.match(nobody.text, /^(red|blue)$/, "a setting that is none costs no page");
    assert.deepEqual(nobody.cookies, [], "nobody knows what was consented to");
    const { total_participants } = await (await fetch(`${server.api}/experiments/button`)).json();
    assert.equal(total_participants, 4, "the first visitor, a late one, who is logged in, and one without a name");
  } finally {
    pages.stdin.end();
    await once(pages, "exit");
    await server.stop();
  }
}
