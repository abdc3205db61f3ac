/** Cross-origin headers, from the five settings of the original. */
import { describe, expect, it } from "vitest";
import { cors } from "../../src/api/cors.ts";
import { type Api, startApi } from "../support/api.ts";

const ORIGIN = "Access-Control-Allow-Origin";
const CREDENTIALS = "Access-Control-Allow-Credentials";

async function withApi(options: Parameters<typeof startApi>[0], test: (api: Api) => Promise<void>): Promise<void> {
  const api = await startApi(options);
  try {
    await test(api);
  } finally {
    await api.close();
  }
}

function from(origin: string): RequestInit {
  return { headers: { Origin: origin } };
}

describe("an answer across origins", () => {
  it("allows everybody by `*`, and then sends no credentials header, which browsers would refuse", async () => {
    await withApi({ cors: { origin: "*", credentials: true } }, async (api) => {
      for (const init of [{}, from("https://example.com"), from("null")]) {
        const { headers } = await api.get("/healthz", init);
        expect(headers.get(ORIGIN)).toBe("*");
        expect(headers.get(CREDENTIALS)).toBeNull();
        expect(headers.get("Vary")).toBeNull();
      }
    });
  });

  it("allows nobody by an empty setting", async () => {
    await withApi({ cors: { origin: "" } }, async (api) => {
      const { headers } = await api.get("/healthz", from("https://example.com"));
      expect(headers.get(ORIGIN)).toBeNull();
    });
  });

  it("names the origin that asked, with credentials where they are set, and says that the answer varies", async () => {
    await withApi({ cors: { origin: "https://a.example, https://b.example:8443", credentials: true } }, async (api) => {
      for (const origin of ["https://a.example", "https://b.example:8443"]) {
        const { headers } = await api.get("/healthz", from(origin));
        expect(headers.get(ORIGIN)).toBe(origin);
        expect(headers.get(CREDENTIALS)).toBe("true");
        expect(headers.get("Vary")).toBe("Origin");
      }
    });
  });

  it.each([
    "https://a.example.evil.com",
    "https://evil.com/https://a.example",
    "http://a.example",
    "https://a.example:444",
    "https://aXexample",
    "https://sub.a.example",
    "null",
  ])("matches an origin whole: not %s", async (origin) => {
    await withApi({ cors: { origin: "https://a.example", credentials: true } }, async (api) => {
      const { headers } = await api.get("/healthz", from(origin));
      expect(headers.get(ORIGIN)).toBeNull();
      expect(headers.get(CREDENTIALS)).toBeNull();
      expect(headers.get("Vary")).toBe("Origin");
    });
  });

  it("takes a star inside an origin for one label, and capitals for small letters", () => {
    const { answer } = cors({
      origin: "https://*.Example.com",
      headers: "",
      credentials: false,
      methods: "",
      exposeHeaders: "",
    });
    expect(answer("https://shop.example.com")).toContain("https://shop.example.com");
    for (const origin of ["https://example.com", "https://a.b.example.com", "https://evil.com/.example.com"]) {
      expect(answer(origin)).not.toContain(ORIGIN);
    }
  });

  it("carries the headers on refusals too, so that a page can read why", async () => {
    await withApi({ cors: { origin: "https://a.example", exposeHeaders: "Retry-After" } }, async (api) => {
      for (const path of ["/participate", "/nope", `/?${"x".repeat(17_000)}`]) {
        const { status, headers } = await api.get(path, from("https://a.example"));
        expect(status).toBeGreaterThanOrEqual(400);
        expect(headers.get(ORIGIN)).toBe("https://a.example");
        expect(headers.get("Access-Control-Expose-Headers")).toBe("Retry-After");
      }
    });
  });
});

describe("a preflight", () => {
  it("is answered by 204 with what is allowed, and for how long that may be remembered", async () => {
    const options = { origin: "https://a.example", headers: "Content-Type, X-Trace", methods: "GET, POST" };
    await withApi({ cors: options }, async (api) => {
      const init = {
        method: "OPTIONS",
        headers: { Origin: "https://a.example", "Access-Control-Request-Method": "POST" },
      };
      const { status, headers, text } = await api.get("/participate", init);
      expect({ status, text }).toEqual({ status: 204, text: "" });
      expect(headers.get(ORIGIN)).toBe("https://a.example");
      expect(headers.get("Access-Control-Allow-Headers")).toBe("Content-Type, X-Trace");
      expect(headers.get("Access-Control-Allow-Methods")).toBe("GET, POST");
      expect(headers.get("Access-Control-Max-Age")).toBe("86400");
    });
  });

  it("allows nothing to a stranger", async () => {
    await withApi({ cors: { origin: "https://a.example" } }, async (api) => {
      const { headers } = await api.get("/participate", {
        method: "OPTIONS",
        headers: { Origin: "https://b.example" },
      });
      expect(headers.get(ORIGIN)).toBeNull();
    });
  });
});

describe("OpenFeature's routes", () => {
  it.each(["/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/button"])(
    "let a page of another origin ask conditionally and read what it needs, whatever is set: %s",
    async (path) => {
      const settings = { origin: "*", headers: "Origin, content-type, X-Trace", exposeHeaders: "X-Request-Id" };
      await withApi({ cors: settings }, async (api) => {
        const preflight = await api.get(path, { method: "OPTIONS", ...from("https://a.example") });
        expect(preflight.headers.get("Access-Control-Allow-Headers")).toBe(
          "Origin, content-type, X-Trace, If-None-Match, Authorization",
        );
        const { headers } = await api.post(path, { context: { targetingKey: "1" } }, from("https://a.example"));
        expect(headers.get("Access-Control-Expose-Headers")).toBe("X-Request-Id, ETag, Retry-After");
        const others = await api.get("/participate", { method: "OPTIONS", ...from("https://a.example") });
        expect(others.headers.get("Access-Control-Allow-Headers")).toBe("Origin, content-type, X-Trace");
      });
    },
  );
});

describe("the settings", () => {
  it("allow what the API takes where they are empty", () => {
    const settings = { origin: "*", headers: "", credentials: false, methods: " ", exposeHeaders: "" };
    expect(cors(settings).preflight("https://a.example").slice(2, 6)).toEqual([
      "Access-Control-Allow-Headers",
      "Content-Type, If-None-Match",
      "Access-Control-Allow-Methods",
      "GET, HEAD, POST, OPTIONS",
    ]);
  });

  it("may end with the line break of a YAML block", () => {
    const settings = { origin: "*\n", headers: "X-A\n", credentials: false, methods: "GET\n", exposeHeaders: "X-B\n" };
    expect(cors(settings).preflight("https://a.example")).toContain("X-A");
    expect(cors(settings).answer(undefined)).toEqual([ORIGIN, "*", "Access-Control-Expose-Headers", "X-B"]);
  });

  it("fail when the server is made, not at its first answer, where they are no headers", () => {
    const settings = { origin: "*", headers: "X-A\r\nX-Evil: 1", credentials: false, methods: "", exposeHeaders: "" };
    expect(() => cors(settings)).toThrow(TypeError);
  });
});
