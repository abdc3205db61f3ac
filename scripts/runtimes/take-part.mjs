/**
 * What `@sixpack/client` has to do in every runtime that is promised. Knows nothing but the web's own functions, because
 * it runs in all of them.
 */

/** Conversions of one process, each of a queue of its own. */
const QUEUES = 300;
const COLORS = ["red", "blue"];

/** What each part found wrong, by its sentence; `null` for nothing. @param wins an experiment that `blue` has won */
export async function takePart({ Session, participateAll, LocalAssigner, ConversionQueue }, baseUrl, wins) {
  const failures = [];
  const sessionOf = (clientId, timeoutMs = 30_000) =>
    new Session(baseUrl, {
      clientId,
      timeoutMs,
      onFailure: ({ code, message }) => failures.push(`${code}: ${message}`),
    });
  const totals = async (experiment) => {
    const details = await (await fetch(`${baseUrl}/experiments/${experiment}`)).json();
    return [details.total_participants, details.total_conversions];
  };
  const parts = {
    "takes part and converts": async () => {
      const session = sessionOf("single");
      expectIn(COLORS, await session.participate("single", COLORS));
      expectSame(true, await session.convert("single", "purchase", 19.99));
      expectSame([1, 0], await totals("single"));
      expectSame(true, await session.convert("single"));
      expectSame([1, 1], await totals("single"));
    },
    "asks for several experiments in one request": async () => {
      const answers = await participateAll(sessionOf("batch"), { first: COLORS, second: COLORS });
      expectSame(["first", "second"], Object.keys(answers));
      for (const answer of Object.values(answers)) expectIn(COLORS, answer);
      expectSame([1, 0], await totals("second"));
    },
    "computes what the server has on record": async () => {
      const local = new LocalAssigner();
      for (let number = 0; number < 50; number += 1) {
        const session = sessionOf(`local-${number}`);
        const answer = local.participate(session, "local", COLORS);
        await local.settled();
        expectSame(await session.participate("local", COLORS), answer);
      }
      expectSame([50, 0], await totals("local"));
    },
    "learns of a winner": async () => {
      const local = new LocalAssigner();
      await local.refresh(sessionOf("edge"), [wins]);
      for (let number = 0; number < 40; number += 1) {
        expectSame("blue", local.participate(sessionOf(`edge-${number}`), wins, COLORS, { prefetch: true }));
      }
    },
    "delivers every conversion of many queues at once": async () => {
      const sessions = Array.from({ length: QUEUES }, (_, number) => sessionOf(`queue-${number}`));
      await Promise.all(sessions.map((session) => session.participate("queue", COLORS)));
      const queues = sessions.map((session) => new ConversionQueue(session));
      for (const queue of queues) queue.convert("queue");
      await Promise.all(queues.map((queue) => queue.flush()));
      for (const queue of queues) queue.close();
      expectSame([QUEUES, QUEUES], await totals("queue"));
    },
    "makes a client id of its own and keeps it in a cookie": async () => {
      const { clientId, setCookie } = new Session(baseUrl);
      expectSame(clientId, new Session(baseUrl, { cookie: setCookie.split(";")[0] }).clientId);
    },
    "shows the control when nobody listens": async () => {
      const codes = [];
      const options = { clientId: "lost", timeoutMs: 5_000, onFailure: ({ code }) => codes.push(code) };
      expectSame("red", await new Session("http://127.0.0.1:9", options).participate("lost", COLORS));
      expectSame(["unreachable"], codes);
    },
  };
  const found = {};
  for (const [sentence, work] of Object.entries(parts)) {
    failures.length = 0;
    found[sentence] = await work().then(
      () => (failures.length === 0 ? null : failures.slice(0, 3).join("; ")),
      (error) => [String(error), ...failures.slice(0, 3)].join("; "),
    );
  }
  return found;
}

function expectSame(expected, got) {
  const [wanted, found] = [expected, got].map((value) => JSON.stringify(value));
  if (wanted !== found) throw new Error(`Expected ${wanted}, got ${found}`);
}

function expectIn(expected, got) {
  if (!expected.includes(got)) throw new Error(`Expected one of ${expected}, got ${got}`);
}
