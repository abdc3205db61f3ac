import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { corsOptions, serviceSettings } from "../../src/cli/wiring.ts";
import { callerReader } from "../../src/cli/wiring-callers.ts";
import { dimensionText } from "../../src/domain/segments.ts";
import { isFiltered } from "../../src/domain/visitor.ts";
import { hashToken } from "../../src/ops/token.ts";
import { configOf } from "../support/config.ts";
import * as make from "../support/make.ts";

it("filters the robots and addresses of the configuration, whatever the case", () => {
  const { visitorFilter } = serviceSettings(configOf({ ignored_ip_addresses: "10.0.0.1" }), Date.now);
  expect(isFiltered(visitorFilter, "Mozilla/5.0 (compatible; GoogleBot/2.1)", undefined)).toBe(true);
  expect(isFiltered(visitorFilter, "", undefined)).toBe(true);
  expect(isFiltered(visitorFilter, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "10.0.0.2")).toBe(false);
  expect(isFiltered(visitorFilter, undefined, "10.0.0.1")).toBe(true);
});

it("takes a pattern with the inline flag of the original's time", () => {
  const { visitorFilter } = serviceSettings(configOf({ robot_regex: "(?i)checker" }), Date.now);
  expect(isFiltered(visitorFilter, "LinkChecker", undefined)).toBe(true);
});

it("makes the bandit the policy of new experiments with enable_whiplash", () => {
  expect(serviceSettings(configOf({}), Date.now).defaultPolicy).toEqual({ kind: "uniform" });
  expect(serviceSettings(configOf({ enable_whiplash: "yes" }), Date.now).defaultPolicy).toEqual(make.banditPolicy());
});

it("has the segments of the configuration for every experiment", () => {
  const { dimensions } = serviceSettings(configOf({ segments: "plan=free|pro, device" }), Date.now);
  expect(dimensions.map(dimensionText)).toEqual(["plan=free|pro", "device"]);
});

it("keeps raw ids of clients only when it is asked to", () => {
  expect(serviceSettings(configOf({}), Date.now).keepClientIds).toBe(false);
  expect(serviceSettings(configOf({ keep_client_ids: "yes" }), Date.now).keepClientIds).toBe(true);
});

it("hands the five cross-origin settings on", () => {
  const flags = {
    cors_origin: "https://a.example",
    cors_headers: "X-A",
    cors_credentials: "false",
    cors_methods: "GET",
  };
  expect(corsOptions(configOf({ ...flags, cors_expose_headers: "X-B" }))).toEqual({
    origin: "https://a.example",
    headers: "X-A",
    credentials: false,
    methods: "GET",
    exposeHeaders: "X-B",
  });
});

it("keeps what is recorded of a client from strangers wherever there are people or back ends to tell them from", () => {
  const request = { headers: {}, socket: { remoteAddress: "127.0.0.1" } } as IncomingMessage;
  const isClosed = (flags: Readonly<Record<string, string>>) =>
    callerReader(configOf(flags))(request).closed.has("explain");
  const key = `shop:kpis:${hashToken("sxp_x")}`;
  expect([{}, { auth: "open" }].map(isClosed)).toEqual([false, false]);
  const login = { admin_password: "correct horse battery staple" };
  const proxy = { auth: "proxy", auth_proxy_header: "X-User", auth_proxy_addresses: "127.0.0.1" };
  expect([{ open: "true" }, { api_keys: key }, login, proxy].map(isClosed)).toEqual([true, true, true, true]);
});
