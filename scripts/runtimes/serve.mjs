/** What a server has to do on every Node that is promised. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { startServer } from "./server.mjs";

const CALL = "experiment=runtimes&client_id=visitor-1";

/** Yields `[sentence, work]`, in the order in which they have to run. */
export async function* serving(node) {
  let server;
  yield ["starts", async () => (server = await startServer(node))];
  if (server === undefined) return;
  yield [
    "lets a client take part",
    async () => {
      const answer = await get(`${server.api}/participate?${CALL}&alternatives=red&alternatives=blue`);
      assert.equal(answer.status, "ok");
    },
  ];
  yield [
    "counts a conversion",
    async () => {
      assert.equal((await get(`${server.api}/convert?${CALL}`)).status, "ok");
      const details = await get(`${server.api}/experiments/runtimes`);
      assert.deepEqual([details.total_participants, details.total_conversions], [1, 1]);
    },
  ];
  yield [
    "refuses bytes in a URL that should have been encoded",
    async () => {
      const answer = await raw(server.api, `GET /participate?${CALL}&alternatives=a&alternatives=b&user_agent=ünïcödé`);
      assert.match(answer, /^HTTP\/1\.1 400 .*"bad-request"/s);
    },
  ];
  yield [
    "shows the experiment on its dashboard",
    async () => {
      const page = await fetch(`${server.dashboard}/experiments/runtimes/`, { headers: { accept: "text/html" } });
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<h1[^>]*>.*runtimes/s);
    },
  ];
  yield [
    "exports what it measures",
    async () => {
      assert.match(await (await fetch(`${server.api}/metrics`)).text(), /^sixpack_\w+/m);
    },
  ];
  yield [
    "stops when told, with code 0 and no complaint",
    async () => {
      assert.equal(await server.stop(), 0);
      assert.doesNotMatch(server.log.err, /"level":"(error|fatal)"|Warning:/);
    },
  ];
}

async function get(url) {
  return (await fetch(url)).json();
}

async function raw(base, line) {
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(`${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  return text(socket);
}
