import Fastify from "fastify";
import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import { renderToString } from "preact-render-to-string";
import { expect, test } from "vitest";
import { finished } from "../../../src/stats/steps.ts";
import { InTurns, pageSteps } from "../../../src/web/http/page-steps.ts";
import { sendPage } from "../../../src/web/http/send.ts";

const Reader = createContext("nobody");

function Greeting({ place }: { readonly place: string }) {
  return (
    <p>
      {useContext(Reader)} in {place}
    </p>
  );
}

/** Takes longer than a stretch. */
function Slow({ children }: { readonly children: ComponentChildren }) {
  const startedMs = performance.now();
  while (performance.now() - startedMs < 2);
  return <li>{children}</li>;
}

function Broken(): never {
  throw new Error("Expected a part, got none");
}

function stepsOf(page: Parameters<typeof pageSteps>[0]) {
  return pageSteps(page, (part) => <Reader.Provider value="Ann">{part}</Reader.Provider>, Buffer.from);
}

const NESTED = (
  <main>
    before
    <InTurns>
      <Greeting place="the first" />
      {null}
      text &lt;in-turns&gt;&lt;/in-turns&gt;
      <ul>
        <InTurns>
          {["a", "b"].map((name) => (
            <li key={name}>
              <Greeting place={name} />
            </li>
          ))}
        </InTurns>
      </ul>
    </InTurns>
    <InTurns>{[]}</InTurns>
    between
    <InTurns>
      <Greeting place="the last" />
    </InTurns>
    after
  </main>
);

test("a page made in turns is the page made at once, whatever of it stands in turns within turns", () => {
  const atOnce = renderToString(<Reader.Provider value="Ann">{NESTED}</Reader.Provider>);
  expect(atOnce).toContain("<p>Ann in the last</p>");
  expect(finished(stepsOf(NESTED)).toString()).toBe(`<!doctype html>${atOnce}`);
});

test("pauses between parts that take long, and not for those that do not", () => {
  const pausesOf = (page: Parameters<typeof pageSteps>[0]) => {
    const steps = stepsOf(page);
    let pauses = 0;
    while (steps.next().done !== true) pauses += 1;
    return pauses;
  };
  const rows = Array.from({ length: 5 }, (_, number) => <Slow key={number}>{number}</Slow>);
  expect(pausesOf(<InTurns>{rows}</InTurns>)).toBeGreaterThanOrEqual(4);
  expect(pausesOf(<ul>{rows}</ul>)).toBe(0);
});

test("a part that fails makes the answer an error, with nothing of the page sent", async () => {
  const app = Fastify();
  app.decorate("basePath", "");
  app.decorateReply("currentUser", null);
  app.decorateReply("frame", null);
  app.get("/", (_request, reply) =>
    sendPage(
      reply,
      200,
      <ul>
        <InTurns>
          <Slow>whole</Slow>
          <Broken />
        </InTurns>
      </ul>,
    ),
  );
  const { statusCode, body } = await app.inject("/");
  expect(statusCode).toBe(500);
  expect(body).not.toContain("whole");
});
