import { createElement, type ReactNode, Suspense } from "react";
import { renderToReadableStream, renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { seenRequests, sharedMisbehavingServer } from "../../test/support/servers.ts";
import { Session } from "../src/index.ts";
import { SixpackProvider, type SixpackProviderProps, useConvert, useExperiment } from "../src/react.ts";

const misbehaving = sharedMisbehavingServer();

function Button(): ReactNode {
  return createElement("b", null, useExperiment("button", ["red", "blue"]));
}

function Two(): ReactNode {
  return [createElement(Button, { key: 1 }), createElement(Button, { key: 2 })];
}

function page(props: SixpackProviderProps, component: () => ReactNode = Button): ReactNode {
  const suspense = createElement(Suspense, { fallback: "waiting" }, createElement(component));
  return createElement(SixpackProvider, props, suspense);
}

async function streamed(node: ReactNode): Promise<string> {
  const stream = await renderToReadableStream(node);
  await stream.allReady;
  return new Response(stream).text();
}

function session(path: string, timeoutMs = 60_000): Session {
  return new Session(`${misbehaving.url}/${path}`, { timeoutMs });
}

describe("React on the server", () => {
  test("renders known assignments at once, without a request", async () => {
    const html = renderToString(page({ session: session("fine/known"), assignments: { button: "blue" } }));
    expect(html).toContain("<b>blue</b>");
    expect(await seenRequests(misbehaving, "known")).toEqual([]);
  });

  test("waits for the answer of the server when it streams", async () => {
    expect(await streamed(page({ session: session("fine/streamed") }))).toContain("<b>blue</b>");
  });

  test("renders the control after the time-out when the server is silent", async () => {
    expect(await streamed(page({ session: session("silent/react-slow", 100) }))).toContain("<b>red</b>");
  });

  test("asks once for two components of one experiment", async () => {
    await streamed(page({ session: session("fine/react-once") }, Two));
    expect(await seenRequests(misbehaving, "react-once")).toHaveLength(1);
  });

  test("asks once for sessions of one client, whoever made them", async () => {
    const options = { clientId: "same", timeoutMs: 60_000 };
    const made = () => new Session(`${misbehaving.url}/fine/react-made`, options);
    await streamed([page({ session: made() }), page({ session: made() })]);
    expect(await seenRequests(misbehaving, "react-made")).toHaveLength(1);
    await streamed(
      page({ session: new Session(`${misbehaving.url}/fine/react-made`, { ...options, clientId: "other" }) }),
    );
    expect(await seenRequests(misbehaving, "react-made")).toHaveLength(2);
  });

  test("shows what is forced at once, and converts nothing then", async () => {
    const options = { clientId: "tester", query: "sixpack-force-button=blue", timeoutMs: 60_000 };
    const forced = new Session(`${misbehaving.url}/fine/react-forced`, options);
    expect(renderToString(page({ session: forced, assignments: { button: "red" } }))).toContain("<b>blue</b>");
    expect(await forced.convert("button")).toBe(false);
    expect(await seenRequests(misbehaving, "react-forced")).toEqual([]);
  });

  test("asks for an assignment that the experiment doesn't have any more", async () => {
    const props = { session: session("fine/react-gone"), assignments: { button: "green" } };
    expect(await streamed(page(props))).toContain("<b>blue</b>");
  });

  test("shows a mistake of the program", async () => {
    const Wrong = () => useExperiment("two\nwords", ["red", "blue"]);
    const errors: unknown[] = [];
    const node = createElement(SixpackProvider, { session: session("fine/react-wrong") }, createElement(Wrong));
    await expect(renderToReadableStream(node, { onError: (error) => void errors.push(error) })).rejects.toThrow(
      TypeError,
    );
  });

  test("expects a provider", () => {
    expect(() => renderToString(createElement(Button))).toThrow("Expected a SixpackProvider");
  });

  test("converts by the queue where there is one", () => {
    const taken: unknown[] = [];
    const queue = { convert: (...conversion: unknown[]) => taken.push(conversion) };
    function Buyer(): ReactNode {
      useConvert()("button", "purchase", 5);
      return null;
    }
    renderToString(page({ session: session("fine/react-queue"), queue }, Buyer));
    expect(taken).toEqual([["button", "purchase", 5]]);
  });
});
