import { describe, expect, it } from "vitest";
import { type Loaded, type LoadInput, loadConfig } from "../../src/config/load.ts";
import { ACCEPTED_FROM_2_7, CONFIG_KEYS, envNames, KEYS } from "../../src/config/schema.ts";

interface Given {
  readonly flags?: Readonly<Record<string, string>>;
  readonly configPath?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

function input({ flags = {}, configPath, env = {}, files = {} }: Given): LoadInput {
  return { flags: new Map(Object.entries(flags)), configPath, env, readFile: (path) => files[path] };
}

function load(given: Given): Loaded {
  const outcome = loadConfig(input(given));
  if (outcome.kind === "refused") throw new Error(outcome.problems.join("\n"));
  return outcome;
}

function problemsOf(given: Given): readonly string[] {
  const outcome = loadConfig(input(given));
  return outcome.kind === "refused" ? outcome.problems : [];
}

describe("the order of sources", () => {
  const files = { "./sixpack.yml": "port: 3\n" };

  it("takes the default when nothing is given", () => {
    expect(load({}).config.port).toBe(5000);
    expect(load({}).sources.port).toEqual({ kind: "default" });
  });

  it("takes the file over the default", () => {
    expect(load({ files }).config.port).toBe(3);
  });

  it("takes the environment over the file", () => {
    expect(load({ files, env: { SIXPACK_PORT: "2" } }).config.port).toBe(2);
  });

  it("takes the command line over the environment", () => {
    expect(load({ files, env: { SIXPACK_PORT: "2" }, flags: { port: "1" } }).config.port).toBe(1);
  });

  it("takes SIXPACK_CONFIG_<KEY> over the further names of a key", () => {
    const { config, sources } = load({ env: { SIXPACK_PORT: "2", SIXPACK_CONFIG_PORT: "4" } });
    expect(config.port).toBe(4);
    expect(sources.port).toEqual({ kind: "env", name: "SIXPACK_CONFIG_PORT" });
  });

  it("counts an empty variable as not set", () => {
    expect(load({ files, env: { SIXPACK_PORT: "" } }).config.port).toBe(3);
  });

  it("passes over the SIXPACK_PORT that Kubernetes sets for a service named sixpack", () => {
    expect(load({ env: { SIXPACK_PORT: "tcp://10.0.0.1:5000" } }).config.port).toBe(5000);
  });

  it("gives every key a value or `undefined`, and freezes it all", () => {
    const { config } = load({ env: { SIXPACK_CONFIG_IGNORE_IPS: "10.0.0.1" } });
    expect(Object.keys(config).sort()).toEqual([...CONFIG_KEYS].sort());
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.ignored_ip_addresses)).toBe(true);
  });
});

describe("the file", () => {
  it("is the one that --config names, before SIXPACK_CONFIG, ./sixpack.yml and /etc/sixpack/config.yml", () => {
    const files = { a: "port: 1", b: "port: 2", "./sixpack.yml": "port: 3", "/etc/sixpack/config.yml": "port: 4" };
    expect(load({ files, configPath: "a", env: { SIXPACK_CONFIG: "b" } }).config.port).toBe(1);
    expect(load({ files, env: { SIXPACK_CONFIG: "b" } }).config.port).toBe(2);
    expect(load({ files }).config.port).toBe(3);
    expect(load({ files: { "/etc/sixpack/config.yml": "port: 4" } }).config.port).toBe(4);
  });

  it("must exist when it is named", () => {
    expect(problemsOf({ configPath: "nowhere.yml" })).toEqual([
      "nowhere.yml (--config): expected a YAML file, got no such file",
    ]);
  });

  it("tells a syntax error with its line", () => {
    expect(problemsOf({ files: { "./sixpack.yml": "port: 1\nhost: [" } }).join()).toMatch(/line 2/);
  });

  it("takes no value of which it would leave out a part", () => {
    expect(problemsOf({ files: { "./sixpack.yml": "password: !secret admin" } }).join()).toMatch(
      /Unresolved tag: !secret at line 1, column 11/,
    );
  });

  it("may be empty, and may leave a key's value out", () => {
    expect(load({ files: { "./sixpack.yml": "# nothing yet\n" } }).config.port).toBe(5000);
    expect(load({ files: { "./sixpack.yml": "redis_password:\n" } }).config.redis_password).toBeUndefined();
  });

  it("is refused when it is a list", () => {
    expect(problemsOf({ files: { "./sixpack.yml": "- port" } }).join()).toMatch(/got a list/);
  });

  it("reads a file of Sixpack 2.7 as it is", () => {
    const original = [
      "redis_port: 6379",
      "redis_host: localhost",
      "redis_password:",
      "redis_prefix: sxp",
      "redis_db: 15",
      "redis_sentinels: [[sentinel-1, 26379], [sentinel-2, 26380]]",
      "redis_sentinel_service_name: sixpack",
      "redis_socket_timeout: 0.5",
      "redis_max_connections: 100",
      "metrics: false",
      "statsd_url: 'udp://localhost:8125/sixpack'",
      "enabled: true",
      "enable_whiplash: false",
      "robot_regex: $^|trivial|facebook|bot",
      "ignored_ip_addresses: ['10.0.0.1', '::1']",
      "asset_path: gen",
      "secret_key: 4c9a6f1b0e",
      "csrf_disable: false",
      "proxy_fix: no",
      "cors_origin: '*'",
      "cors_headers: Origin",
      "cors_credentials: 'true'",
      "cors_methods: GET",
      "cors_expose_headers: X-A",
    ].join("\n");
    const { config } = load({ files: { "/etc/sixpack/config.yml": original } });
    expect(config.storage).toBe("redis");
    expect(config.redis_sentinels).toEqual([
      { host: "sentinel-1", port: 26379 },
      { host: "sentinel-2", port: 26380 },
    ]);
    expect(config.cors_credentials).toBe(true);
    expect(config.ignored_ip_addresses).toEqual(["10.0.0.1", "::1"]);
  });
});

describe("a key of Sixpack 2.7 that has no effect", () => {
  it.each(Object.keys(ACCEPTED_FROM_2_7))("%s may stand wherever keys stand, and changes nothing", (key) => {
    const plain = load({}).config;
    expect(load({ files: { "/etc/sixpack/config.yml": `${key}: 8` } }).config).toEqual(plain);
    expect(load({ env: { [`SIXPACK_CONFIG_${key.toUpperCase()}`]: "8" } }).config).toEqual(plain);
    expect(Object.keys(plain)).not.toContain(key);
  });
});

describe("environment names of Sixpack 2.7", () => {
  it.each([
    ["SIXPACK_CONFIG_ENABLED", "false", "enabled", false],
    ["SIXPACK_CONFIG_REDIS_PORT", "7000", "redis_port", 7000],
    ["SIXPACK_CONFIG_REDIS_HOST", "10.1.1.1", "redis_host", "10.1.1.1"],
    ["SIXPACK_CONFIG_REDIS_PASSWORD", "pw", "redis_password", "pw"],
    ["SIXPACK_CONFIG_REDIS_PREFIX", "ab", "redis_prefix", "ab"],
    ["SIXPACK_CONFIG_REDIS_SOCKET_TIMEOUT", "2", "redis_socket_timeout", 2],
    ["SIXPACK_CONFIG_REDIS_DB", "3", "redis_db", 3],
    ["SIXPACK_CONFIG_WHIPLASH", "True", "enable_whiplash", true],
    ["SIXPACK_CONFIG_ROBOT_REGEX", "bot", "robot_regex", "bot"],
    ["SIXPACK_CONFIG_IGNORE_IPS", "1.2.3.4,5.6.7.8", "ignored_ip_addresses", ["1.2.3.4", "5.6.7.8"]],
    ["SIXPACK_CONFIG_SECRET", "a9f27c", "secret_key", "a9f27c"],
    ["SIXPACK_CONFIG_CSRF_DISABLE", "1", "csrf_disable", true],
    ["SIXPACK_METRICS", "True", "metrics", true],
    ["STATSD_URL", "udp://stats:8125/x", "statsd_url", "udp://stats:8125/x"],
    ["SIXPACK_PROXY_FIX", "yes", "proxy_fix", true],
    ["SIXPACK_CORS_ORIGIN", "https://a.example", "cors_origin", "https://a.example"],
    ["SIXPACK_CORS_HEADERS", "X-A", "cors_headers", "X-A"],
    ["SIXPACK_CORS_CREDENTIALS", "false", "cors_credentials", false],
    ["SIXPACK_CORS_METHODS", "GET", "cors_methods", "GET"],
    ["SIXPACK_CORS_EXPOSE_HEADERS", "X-B", "cors_expose_headers", "X-B"],
  ] as const)("%s=%s sets %s", (name, value, key, expected) => {
    expect(load({ env: { [name]: value } }).config[key]).toEqual(expected);
  });

  it("SIXPACK_CONFIG_REDIS_SENTINELS takes host:port pairs", () => {
    const env = { SIXPACK_CONFIG_REDIS_SENTINELS: "a:1,b:2", SIXPACK_CONFIG_REDIS_SENTINEL_SERVICE_NAME: "sixpack" };
    expect(load({ env }).config.redis_sentinels).toEqual([
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ]);
  });

  it("are all different from each other", () => {
    const names = CONFIG_KEYS.flatMap(envNames);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("secrets", () => {
  it("are read from a file named by the environment, without its last line break", () => {
    const files = { "/run/secrets/redis": "p w\n" };
    expect(
      load({ files, env: { SIXPACK_CONFIG_REDIS_PASSWORD_FILE: "/run/secrets/redis" } }).config.redis_password,
    ).toBe("p w");
    expect(load({ files, env: { SIXPACK_CONFIG_SECRET_FILE: "/run/secrets/redis" } }).config.secret_key).toBe("p w");
  });

  it("are read from a file named in the YAML file", () => {
    const files = { "./sixpack.yml": "secret_key_file: key.txt", "key.txt": "0e5b71" };
    expect(load({ files }).config.secret_key).toBe("0e5b71");
  });

  it("are refused when given twice, or when their file is missing", () => {
    const twice = { SIXPACK_CONFIG_SECRET: "a", SIXPACK_CONFIG_SECRET_FILE: "b" };
    expect(problemsOf({ env: twice, files: { b: "x" } })[0]).toBe(
      "secret_key: expected either SIXPACK_CONFIG_SECRET or SIXPACK_CONFIG_SECRET_FILE, got both",
    );
    expect(problemsOf({ env: { SIXPACK_CONFIG_SECRET_FILE: "b" } }).join()).toMatch(/no such file: b/);
  });

  const PLACEHOLDERS = [
    ...["temp", "<your secret key here>", " <your secret key here> ", "changeme", "change-me", "Change Me", "secret"],
    ...["", "  ", "\t", "…", "...", "xxxx", "********", "[secret]", "{{ secret }}", `\${SIXPACK_SECRET}`, "$SECRET"],
    ...["your-secret-key", "YOUR_SECRET", "my secret key", "supersecret", "replace-me", "insert your key here", "0000"],
    ...["$(openssl rand -hex 32)", "openssl rand -hex 32", "example", "test", "password", "none", "todo", "any string"],
  ];

  it.each(PLACEHOLDERS)("take the placeholder %j for none, wherever it stands, and say so", (placeholder) => {
    const file = "./sixpack.yml";
    const given: readonly Given[] = [
      { flags: { secret_key: placeholder } },
      { files: { [file]: `secret_key: ${JSON.stringify(placeholder)}\n` } },
      { files: { [file]: "secret_key_file: key.txt\n", "key.txt": `${placeholder}\n` } },
      // An empty variable counts as not set.
      ...(placeholder === "" ? [] : [{ env: { SIXPACK_CONFIG_SECRET: placeholder } }]),
    ];
    for (const one of given) {
      const { config, sources } = load(one);
      expect(config.secret_key).toBeUndefined();
      expect(sources.secret_key.kind).toBe("placeholder");
      const withLogin = { ...one, env: { ...one.env, SIXPACK_CONFIG_AUTH: "password" } };
      expect(problemsOf(withLogin).join()).toContain("secret_key: expected a random text instead of a placeholder");
    }
  });

  it.each([
    "0e5b71",
    "f".repeat(64),
    "a",
    "correct horse battery staple",
    "Tr0ub4dor&3",
    "secretariat-1973",
    "testicle",
  ])("take %j for what it is", (secret) => {
    expect(load({ env: { SIXPACK_CONFIG_SECRET: secret } })).toMatchObject({
      config: { secret_key: secret },
    });
  });

  it("never show in a message", () => {
    const problems = problemsOf({ env: { SIXPACK_CONFIG_REDIS_URL: "http://user:hunter2@host" } });
    expect(problems.join()).toMatch(/redis_url: expected a URL that starts with redis:/);
    expect(problems.join()).not.toContain("hunter2");
  });
});

describe("problems", () => {
  it("come all at once, each with what was expected, what came and from where", () => {
    const yaml = "redis_prot: 1\ntimezone: Mars/Olympus\nrobot_regex: '['\nlog_level: loud\n";
    const env = { SIXPACK_PORT: "http", SIXPACK_CONFIG_IGNORE_IPS: "10.0.0.300", SIXPACK_CONFIG_REDIS_HSOT: "x" };
    const problems = problemsOf({ files: { "./sixpack.yml": yaml }, env });
    expect(problems).toHaveLength(7);
    expect(problems).toContain(
      "redis_prot: expected a key of the configuration (did you mean `redis_port`?) in ./sixpack.yml",
    );
    expect(problems).toContain(
      "SIXPACK_CONFIG_REDIS_HSOT: expected a variable of the configuration (did you mean `SIXPACK_CONFIG_REDIS_HOST`?)",
    );
    expect(problems).toContain('port: expected a whole number from 0 to 65535, got "http" (SIXPACK_PORT)');
    expect(problems).toContain(
      'log_level: expected trace, debug, info, warn, error or silent, got "loud" (log_level in ./sixpack.yml)',
    );
    expect(problems.filter((problem) => problem.includes("IANA"))).toHaveLength(1);
    expect(problems.filter((problem) => problem.includes('"10.0.0.300" is none'))).toHaveLength(1);
    expect(problems.filter((problem) => problem.includes("regular expression"))).toHaveLength(1);
  });

  it.each([
    ["cors_origin", "example.com"],
    ["cors_origin", "https://a.example/path"],
    ["cors_origin", "*, https://a.example"],
    ["redis_port", "0"],
    ["redis_db", "1.5"],
    ["redis_socket_timeout", "-1"],
    ["redis_prefix", "a:b"],
    ["redis_sentinels", "nohost"],
    ["enabled", "perhaps"],
    ["segments", "plan"],
    ["segments", "a=1,b=1,c=1,d=1,e=1"],
    ["users", "ann:boss:scrypt.1.1.1.a.b"],
    ["users", "ann:admin:plaintext"],
    ["statsd_url", "tcp://x"],
    ["assignment_cache_slots", "1"],
  ] as const)("refuses %s=%s", (key, value) => {
    expect(problemsOf({ flags: { [key]: value } })).toEqual([expect.stringContaining(`${key}: expected `)]);
  });

  it("name keys that only make sense together", () => {
    expect(problemsOf({ flags: { redis_sentinels: "a:1" } })[0]).toMatch(/^redis_sentinel_service_name: /);
    expect(problemsOf({ flags: { redis_tls_cert: "own.pem" } })[0]).toMatch(/^redis_tls_key: /);
    expect(problemsOf({ flags: { redis_url: "redis://a", redis_cluster_nodes: "b:1" } })).toEqual([
      "redis_url: expected one way to Redis, got `redis_url` and `redis_cluster_nodes`",
    ]);
    expect(problemsOf({ flags: { auth: "password" } })[0]).toMatch(/^users: /);
    expect(problemsOf({ flags: { web_host: "*" } })[0]).toMatch(/^web_host: /);
    expect(problemsOf({ flags: { web_host: "*", auth: "open" } })).toEqual([]);
    expect(problemsOf({ flags: { port: "7000", web_port: "7000" } })[0]).toMatch(/^web_port: /);
  });
});

describe("storage", () => {
  it.each([
    [{}, "embedded"],
    [{ redis_host: "localhost" }, "redis"],
    [{ redis_port: "6379" }, "redis"],
    [{ redis_url: "redis://localhost" }, "redis"],
    [{ redis_sentinels: "a:1", redis_sentinel_service_name: "m" }, "redis"],
    [{ redis_cluster_nodes: "a:1,b:2" }, "redis"],
    [{ redis_socket: "/run/redis.sock" }, "redis"],
    // A prefix or number alone says nothing of an address.
    [{ redis_prefix: "sxp", redis_db: "1" }, "embedded"],
    [{ redis_host: "localhost", storage: "memory" }, "memory"],
  ])("%j means %s", (flags, storage) => {
    expect(load({ flags }).config.storage).toBe(storage);
  });
});

describe("defaults", () => {
  it("are accepted by their own keys", () => {
    for (const key of CONFIG_KEYS) {
      const { default: value, accept } = KEYS[key];
      if (value !== undefined) expect(accept(value), key).toEqual({ kind: "value", value });
    }
  });
});
