/**
 * Local assignment, for edge workers and other places that can't wait for a server: the alternative is computed here,
 * by the server's own rules, and the participation is reported afterwards.
 *
 *     const local = new LocalAssigner();
 *     const color = local.participate(session, "button", ["red", "blue"]);
 *     context.waitUntil(local.settled());
 */
import { assign, type Definition } from "./assign.ts";
import { type Alternatives, type ParticipateOptions, questionOf } from "./participation.ts";
import type { Session } from "./session.ts";
import { judge, send } from "./wire.ts";

export { assign, assignAsync, type Definition } from "./assign.ts";

/** Most assignments that are remembered, so that a long-lived worker stays small; beyond it all are forgotten. */
const ASSIGNMENTS_KEPT_MAX = 10_000;

export class LocalAssigner {
  readonly #definitions: Map<string, Definition>;
  /** By experiment and client, neither of which has a null byte: what it was answered, corrected by what the server has on record. */
  readonly #known = new Map<string, string>();
  readonly #reports = new Set<Promise<void>>();

  /** @param definitions of experiments whose stored order, traffic fraction, weights or winner differ from what calls say */
  constructor(definitions: Readonly<Record<string, Definition>> = {}) {
    this.#definitions = new Map(Object.entries(definitions));
  }

  /**
   * The alternative of the session's client, at once. The first call of a client is reported to the server.
   * @throws TypeError for arguments that break the rules
   */
  participate<const A extends Alternatives>(
    session: Session,
    experiment: string,
    alternatives: A,
    options: ParticipateOptions = {},
  ): A[number] {
    const [, forced, asks] = questionOf(experiment, alternatives, options, {}, session.query);
    if (forced !== undefined && !asks) return forced;
    const known = this.#known.get(`${experiment}\0${session.clientId}`);
    if (forced === undefined && known !== undefined && alternatives.includes(known)) return known;
    const { trafficFraction, weights } = options;
    const definition = this.#definitions.get(experiment) ?? { alternatives, trafficFraction, weights };
    const computed = forced ?? assign(experiment, session.clientId, definition);
    const answer = alternatives.includes(computed) ? computed : alternatives[0];
    if (!options.prefetch) this.#reportLater(session, experiment, alternatives, options, answer);
    return answer;
  }

  /** Resolves when every report so far has arrived or failed. For `waitUntil`; never rejects. */
  async settled(): Promise<void> {
    while (this.#reports.size > 0) await Promise.all(this.#reports);
  }

  /**
   * Takes order, traffic fraction and state of experiments from the server, so that a winner or a pause is known here too.
   * Weights are not among what it tells. What fails leaves the definition as it was, and is told to the session's hook.
   */
  async refresh(session: Session, experiments: readonly string[], timeoutMs = 5_000): Promise<void> {
    await Promise.all(experiments.map((experiment) => this.#refresh(session, experiment, timeoutMs)));
  }

  async #refresh(session: Session, experiment: string, timeoutMs: number): Promise<void> {
    let reply = await send(`${session.baseUrl}/experiments/${encodeURIComponent(experiment)}`, timeoutMs);
    // Without alternatives it is judged like an empty answer.
    if (!reply.code && !Array.isArray(reply.body["alternatives"])) reply = judge({}, 200);
    if (reply.code) return session.report({ ...reply, call: "refresh", experiment });
    const details = reply.body as unknown as Details;
    const { weights } = this.#definitions.get(experiment) ?? {};
    this.#definitions.set(experiment, {
      alternatives: details.alternatives,
      trafficFraction: details.traffic_fraction,
      weights,
      winner: details.winner || undefined,
      stopped: details.is_paused || details.is_archived,
    });
    for (const key of this.#known.keys()) if (key.startsWith(`${experiment}\0`)) this.#known.delete(key);
  }

  #reportLater(
    session: Session,
    experiment: string,
    alternatives: Alternatives,
    options: ParticipateOptions,
    answer: string,
  ): void {
    const key = `${experiment}\0${session.clientId}`;
    if (this.#known.size >= ASSIGNMENTS_KEPT_MAX) this.#known.clear();
    this.#known.set(key, answer);
    const report = this.#report(session, experiment, alternatives, options, answer, key);
    this.#reports.add(report);
    // It never rejects: `ask` reports its failures by itself.
    report.finally(() => this.#reports.delete(report));
  }

  async #report(
    session: Session,
    experiment: string,
    alternatives: Alternatives,
    options: ParticipateOptions,
    answer: string,
    key: string,
  ): Promise<void> {
    // The page comes first: making a request takes longer than the assignment did.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { alternative, failure } = await session.ask(experiment, alternatives, options);
    if (failure !== undefined) {
      // Not on record: the next call of this client reports again.
      this.#known.delete(key);
      return;
    }
    if (alternative === answer) return;
    this.#known.set(key, alternative);
    const message = `Expected ${answer} as computed, got ${alternative} on record`;
    session.report({ code: "mismatch", call: "participate", experiment, message, body: {} });
  }
}

interface Details {
  readonly alternatives: Alternatives;
  readonly traffic_fraction: number;
  readonly winner: string;
  readonly is_paused: boolean;
  readonly is_archived: boolean;
}
