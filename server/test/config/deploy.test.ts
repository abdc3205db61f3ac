/** The files of `deploy/`, which nobody runs here: the environment that each gives must at least be a configuration. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/load.ts";

type Environment = Readonly<Record<string, string>>;

function read(name: string): string {
  return readFileSync(new URL(`../../../deploy/${name}`, import.meta.url), "utf8");
}

/** What stands behind ENV or Environment=, `NAME=value` each. */
function assignments(text: string): Environment {
  return Object.fromEntries([...text.matchAll(/\b(SIXPACK_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

/** Of the image, whose last instruction on the environment is the only one. */
const IMAGE = assignments(/^ENV [\s\S]*?[^\\]$/m.exec(read("Dockerfile"))?.[0] ?? "");

const USER = `ann:admin:scrypt.15.8.3.${"A".repeat(22)}.${"A".repeat(43)}`;
const SECRETS: Environment = { SIXPACK_SECRET: "f".repeat(64), SIXPACK_USERS: USER };

function composed(service: string): Environment {
  const { services } = parse(read("compose.yml"), { merge: true });
  const given = Object.entries<string>(services[service].environment);
  return Object.fromEntries(
    given.map(([name, value]) => [name, value.replace(/\$\{(\w+)\}/, (_, key) => SECRETS[key] ?? "")]),
  );
}

function clustered(file: string): Environment {
  const [workload] = parseAllDocuments(read(file));
  const { env } = workload?.toJS().spec.template.spec.containers[0] ?? {};
  return Object.fromEntries(env.map(({ name, value = SECRETS["SIXPACK_SECRET"] }: Environment) => [name, value]));
}

function problemsOf(env: Environment, secret: () => string | undefined = () => undefined): readonly string[] {
  const readFile = (path: string) => (path.startsWith("%d/") ? secret() : undefined);
  const outcome = loadConfig({ flags: new Map(), configPath: undefined, env, readFile });
  return outcome.kind === "refused" ? outcome.problems : [];
}

describe("the environment given by deploy/", () => {
  it("is refused by the bare image, which shows its dashboard to everybody who reaches the port", () => {
    expect(Object.keys(IMAGE)).toContain("SIXPACK_CONFIG_WEB_HOST");
    expect(problemsOf(IMAGE).join()).toContain("web_host: expected a loopback address");
    expect(problemsOf({ ...IMAGE, SIXPACK_CONFIG_AUTH: "open" })).toEqual([]);
  });

  it.each([
    ["compose.yml to the API", composed("api")],
    ["compose.yml to the dashboard", composed("dashboard")],
    ["kubernetes.yml", clustered("kubernetes.yml")],
  ])("by %s is a configuration, on the image", (_, env) => {
    expect(Object.keys(env)).toContain("SIXPACK_CONFIG_REDIS_HOST");
    expect(problemsOf({ ...IMAGE, ...env })).toEqual([]);
  });

  it("by kubernetes-embedded.yml is a configuration with a login, on the image, of one process", () => {
    const env = clustered("kubernetes-embedded.yml");
    expect(problemsOf({ ...IMAGE, ...env })).toEqual([]);
    const { SIXPACK_ADMIN_PASSWORD: _, ...open } = env;
    expect(problemsOf({ ...IMAGE, ...open }).join()).toContain("web_host: expected a loopback address");
    const [set, service, ingress] = parseAllDocuments(read("kubernetes-embedded.yml")).map((document) =>
      document.toJS(),
    );
    expect(set.spec.replicas).toBe(1);
    const ports = service.spec.ports.map(({ name }: { readonly name: string }) => name);
    const reached = JSON.stringify(ingress.spec.rules);
    for (const port of ports) expect(reached).toContain(`"port":{"name":"${port}"}`);
  });

  it("by sixpack.service is a configuration where no file is", () => {
    const unit = read("sixpack.service");
    const env = assignments(unit.replaceAll(/^#.*$/gm, ""));
    expect(env).toEqual({ SIXPACK_CONFIG_DATA_DIR: "/var/lib/sixpack" });
    expect(problemsOf(env)).toEqual([]);
    const withSecrets = assignments(unit.replaceAll("#Environment", "Environment"));
    expect(Object.keys(withSecrets)).toHaveLength(3);
    expect(problemsOf(withSecrets, () => "a secret of enough characters")).toEqual([]);
  });
});
