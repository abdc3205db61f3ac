/**
 * Several experiments at once, in one request where the server can.
 *
 *     const { button, headline } = await participateAll(session, { button: ["red", "blue"], headline: ["short", "long"] });
 */
import type { Alternatives, ParticipateOptions, Question } from "./participation.ts";
import type { Participation, Session } from "./session.ts";
import { whenShown } from "./surroundings.ts";
import { judge, type Reply } from "./wire.ts";

/** Most calls that a server takes in one request. */
const BATCH_CALLS_MAX = 100;
/** Most bytes of calls in one request: the server takes bodies of 64 KiB. */
const BATCH_BYTES_MAX = 60_000;

/** Base URLs of servers that know no batches. */
const WITHOUT_BATCH = new Set<string>();

/** Each value is what `participate` would answer. @throws TypeError for arguments that break the rules */
export async function participateAll<const E extends Readonly<Record<string, Alternatives>>>(
  session: Session,
  experiments: E,
  options?: ParticipateOptions,
): Promise<{ [N in keyof E]: E[N][number] }> {
  const answers = await askAll(session, experiments, options);
  return Object.fromEntries(answers.map(({ experiment, alternative }) => [experiment, alternative])) as never;
}

/** The same in the order of `experiments`, with reasons, and what went wrong. */
export async function askAll(
  session: Session,
  experiments: Readonly<Record<string, Alternatives>>,
  options?: ParticipateOptions,
): Promise<readonly Participation[]> {
  if (!options?.prefetch) await whenShown();
  const questions = Object.entries(experiments).map(([name, names]) => session.question(name, names, options));
  const begunMs = performance.now();
  const replies = await repliesTo(session, questions);
  return Promise.all(questions.map((question, index) => session.answer(question, replies[index], begunMs)));
}

/** One reply per question, or none where they have to be asked one by one. */
async function repliesTo(session: Session, questions: readonly Question[]): Promise<readonly Reply[]> {
  // Whoever forces an alternative, and so needs no request for it, is not in a hurry.
  const isTogether = questions.length > 1 && questions.every(([, , asks]) => asks);
  if (!isTogether || WITHOUT_BATCH.has(session.baseUrl)) return [];
  const replies = await Promise.all(batchesOf(questions).map((batch) => repliesInBatch(session, batch)));
  return WITHOUT_BATCH.has(session.baseUrl) ? [] : replies.flat();
}

/** As many to a request as the server takes. */
function batchesOf(questions: readonly Question[]): Question[][] {
  const batches: Question[][] = [];
  let bytes = 0;
  for (const question of questions) {
    const { length } = new TextEncoder().encode(JSON.stringify({ participate: question[0] }));
    bytes += length + 1;
    const last = batches.at(-1);
    if (last && last.length < BATCH_CALLS_MAX && bytes <= BATCH_BYTES_MAX) last.push(question);
    else {
      batches.push([question]);
      bytes = length;
    }
  }
  return batches;
}

async function repliesInBatch(session: Session, questions: readonly Question[]): Promise<readonly Reply[]> {
  const calls = questions.map(([participate]) => ({ participate }));
  const reply = await session.send("/batch", { init: { method: "POST", body: JSON.stringify({ calls }) } });
  // Any other refusal is one of all the calls in it.
  if (reply.code && [404, 405, 415].includes(reply.status ?? 0)) WITHOUT_BATCH.add(session.baseUrl);
  const answers = Object(reply.body["answers"]);
  return calls.map(({ participate }, index) =>
    reply.code ? reply : judge(answers[index], +answers[index]?.http_status, participate),
  );
}
