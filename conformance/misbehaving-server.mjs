/**
 * A server that goes wrong on purpose, and tells afterwards what it was asked. Every client's tests start this one.
 *
 *   node conformance/misbehaving-server.mjs        prints its port on one line; ends when its stdin closes
 *
 * The base URL of a test is `http://127.0.0.1:<port>/<behaviour>/<token>`: the behaviour says how calls are answered,
 * the token is any word of the test's own. `GET /requests/<token>` answers the calls seen under that token, in order:
 * `[{ "method", "path", "arguments": { name: [values] } }]`. A JSON body is given as it came, under `body`, and so is the
 * header under `authorization` where there was one.
 *
 * | behaviour           | what a call meets                                                              |
 * |---------------------|--------------------------------------------------------------------------------|
 * | `fine`              | the last alternative; conversions and links are accepted; no `/batch` (404)     |
 * | `batching`          | the same, and `/batch` too                                                      |
 * | `silent`            | nothing at all                                                                  |
 * | `held`              | nothing until `GET /release/<token>`, then a fine answer                         |
 * | `trickling`         | headers at once, then a byte every TRICKLE_MS, for ever                          |
 * | `trickling-head`    | a byte of the head every TRICKLE_MS, which never ends                            |
 * | `flooding`          | a body that never ends, as fast as it is read                                   |
 * | `flooding-chunks`   | a body of chunks of one byte that never ends, as fast as it is read              |
 * | `flooding-head`     | a head that never ends, as fast as it is read                                   |
 * | `processing`        | an interim answer (102) every TRICKLE_MS, for ever, and no other                 |
 * | `nagging`           | a fine answer, and behind it the 408 of a server that nobody asked more          |
 * | `dropping`          | the connection is closed without an answer                                      |
 * | `hanging-up`        | a fine answer, after which the kept connection is closed without notice          |
 * | `closing`           | a fine answer; the next call on that connection has it closed under it           |
 * | `half`              | less of a body than was announced, then the connection is closed                |
 * | `half-refusal`      | the same with status 400                                                         |
 * | `error-500`         | 500 with a JSON body                                                            |
 * | `error-503-once`    | 503 for the first call under the token, fine answers from then on                |
 * | `rejecting`         | 400 with a message, as for a client that isn't participating                     |
 * | `too-slow`          | 408, as from a proxy that waited too long                                        |
 * | `too-many`          | 429, as from a server that is asked too much                                     |
 * | `not-json`          | 200 with a page of HTML                                                         |
 * | `wrong-json`        | 200 with JSON that is not an answer                                             |
 * | `wrong-alternative` | 200 with an alternative nobody asked for                                        |
 * | `other-client`      | a fine answer to another client                                                 |
 * | `other-experiment`  | a fine answer about another experiment                                          |
 * | `redirecting`       | 302 to where an answer would be fine                                            |
 */
import { createServer } from "node:http";

const TRICKLE_MS = 50;

/** Calls by token. */
const seen = new Map();
/** What lets go of the calls that are held, by token. */
const held = new Map();
/** Connections on which an answer was given. */
const used = new WeakSet();

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const [, behaviour, token, ...rest] = url.pathname.split("/");
  if (behaviour === "requests") return answer(response, 200, seen.get(token) ?? []);
  if (behaviour === "release") {
    for (const letGo of held.get(token) ?? []) letGo();
    return answer(response, 200, {});
  }
  const call = await readCall(request, url, `/${rest.join("/")}`);
  const calls = seen.get(token) ?? [];
  calls.push(call);
  seen.set(token, calls);
  await behave(behaviour, { request, response, call, count: calls.length, token });
});

async function readCall(request, url, path) {
  const call = { method: request.method, path, arguments: {} };
  if (request.headers.authorization !== undefined) call.authorization = request.headers.authorization;
  for (const [name, value] of url.searchParams) {
    call.arguments[name] ??= [];
    call.arguments[name].push(value);
  }
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  if (text !== "") call.body = JSON.parse(text);
  return call;
}

async function behave(behaviour, { request, response, call, count, token }) {
  switch (behaviour) {
    case "fine":
    case "batching":
      return fine(response, call, behaviour === "batching");
    case "silent":
      return;
    case "held":
      await new Promise((resolve) => held.set(token, [...(held.get(token) ?? []), resolve]));
      return fine(response, call, false);
    case "trickling":
      return trickle(response);
    case "trickling-head":
      return repeat(request.socket, (count) => (count === 0 ? "HTTP/1.1 200 OK\r\nX-Slow: " : "x"));
    case "flooding":
      return flood(request.socket, "HTTP/1.1 200 OK\r\n\r\n");
    case "flooding-chunks":
      return flood(request.socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n");
    case "flooding-head":
      return flood(request.socket, "HTTP/1.1 200 OK\r\nX-Long: ");
    case "processing":
      return repeat(request.socket, () => "HTTP/1.1 102 Processing\r\n\r\n");
    case "nagging":
      return nag(request.socket, JSON.stringify(bodyOf(singleOf(call.arguments))));
    case "dropping":
      return request.socket.destroy();
    case "hanging-up":
      // At once: a call that came in between would be seen, and answered by nobody.
      response.on("finish", () => request.socket.destroy());
      return fine(response, call, false);
    case "closing":
      if (used.has(request.socket)) return request.socket.destroy();
      used.add(request.socket);
      return fine(response, call, false);
    case "half":
    case "half-refusal":
      response.writeHead(behaviour === "half" ? 200 : 400, {
        "Content-Type": "application/json",
        "Content-Length": "1000",
      });
      // What came reads like a whole answer: only its length says that it isn't.
      response.write(JSON.stringify(bodyOf(singleOf(call.arguments))));
      return setImmediate(() => request.socket.destroySoon());
    case "error-500":
      return answer(response, 500, { status: "failed", message: "internal error" });
    case "error-503-once":
      if (count > 1) return fine(response, call, false);
      return answer(response, 503, { status: "failed", message: "the store is not available. please try again" });
    case "rejecting":
      return answer(response, 400, { status: "failed", message: "this client was not participating" });
    case "too-slow":
      return answer(response, 408, { status: "failed", message: "request timeout" });
    case "too-many":
      return answer(response, 429, { status: "failed", message: "too many requests" });
    case "not-json":
      response.writeHead(200, { "Content-Type": "text/html" });
      return response.end("<!doctype html><title>Sign in to the hotel's network</title>");
    case "wrong-json":
      return answer(response, 200, ["not", "an", "answer"]);
    case "wrong-alternative":
      return answer(response, 200, { status: "ok", alternative: { name: "never-asked-for" } });
    case "other-client":
      return fine(response, call, true, { client_id: "somebody-else" });
    case "other-experiment":
      return fine(response, call, true, { experiment: { name: "another" } });
    case "redirecting":
      response.writeHead(302, { Location: request.url.replace(/^\/redirecting\//, "/fine/"), "Content-Length": "0" });
      return response.end();
    default:
      return answer(response, 404, { status: "failed", message: `no behaviour ${behaviour} for ${token}` });
  }
}

/** @param instead fields of the answer to one call that say something else */
function fine(response, call, batching, instead = {}) {
  if (call.path === "/batch" && batching) {
    const answers = call.body.calls.map((single) => ({
      ...bodyOf(single.participate ?? single.convert),
      ...instead,
      http_status: 200,
    }));
    return answer(response, 200, { status: "ok", answers });
  }
  if (call.path === "/link") {
    return answer(response, 200, { status: "ok", ...call.body, experiments: [], ...instead });
  }
  if (call.path === "/participate" || call.path === "/convert") {
    return answer(response, 200, { ...bodyOf({ ...singleOf(call.arguments), ...call.body }), ...instead });
  }
  return answer(response, 404, { status: "failed", message: "not found" });
}

/** Arguments of a query as those of a body: a list for alternatives alone. */
function singleOf({ alternatives, experiment, client_id }) {
  return { alternatives, experiment: experiment?.[0], client_id: client_id?.[0] };
}

function bodyOf({ experiment, alternatives, client_id }) {
  const alternative = { name: alternatives?.at(-1) ?? "control" };
  return { status: "ok", alternative, experiment: { name: experiment }, client_id };
}

function trickle(response) {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "10000" });
  const timer = setInterval(() => response.write(" "), TRICKLE_MS);
  response.on("close", () => clearInterval(timer));
}

function repeat(socket, textOf) {
  let count = 0;
  const timer = setInterval(() => {
    socket.write(textOf(count));
    count += 1;
  }, TRICKLE_MS);
  socket.on("close", () => clearInterval(timer));
}

function flood(socket, beginning, bit = "x") {
  const piece = bit.repeat(65_536 / bit.length);
  const more = () => socket.write(piece, (error) => error ?? more());
  socket.write(beginning);
  more();
}

/** In one piece, so that the second is there when the first is read. */
function nag(socket, body) {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const late = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
  socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${length}\r\n\r\n${body}${late}`);
}

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    "Access-Control-Allow-Origin": "*",
  });
  response.end(text);
}

server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
// Whoever started this holds our stdin; when they are gone, however they went, so are we.
process.stdin.resume().on("end", () => process.exit(0));
