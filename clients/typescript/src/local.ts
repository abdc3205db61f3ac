/**
 * Local assignment, for edge workers and other places that can't wait for a server: the alternative is computed here,
 * by the server's own rules, and the participation is reported afterwards.
 *
 *     const local = new LocalAssigner();
 *     const color = local.participate(session, "button", ["red", "blue"]);
 *     context.waitUntil(local.settled(session));
 */
import { assign, type Definition } from "./assign.ts";
import type { Alternatives, ParticipateOptions } from "./participation.ts";
import type { Session } from "./session.ts";
import { judge, send } from "./wire.ts";

export { assign, assignAsync, type Definition } from "./assign.ts";

/** Most assignments that are remembered, so that a long-lived worker stays small; beyond it all are forgotten. */
const ASSIGNMENTS_KEPT_MAX = 10_000;

export class LocalAssigner {
  readonly #definitions: Map<string, Definition>;
  /** By experiment and client, neither of which has a null byte. */
  readonly #known = new Map<string, Assigned>();
  readonly #reports = new Map<Promise<void>, Session>();
  /** The newest refresh of each experiment. */
  readonly #refreshes = new Map<string, object>();

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
    const [, forced, asks] = session.question(experiment, alternatives, options);
    if (forced !== undefined && !asks) return forced;
    const known = this.#known.get(`${experiment}\0${session.clientId}`)?.alternative;
    if (forced === undefined && known !== undefined && alternatives.includes(known)) return known;
    const { trafficFraction, weights } = options;
    const definition = this.#definitions.get(experiment) ?? { alternatives, trafficFraction, weights };
    const computed = forced ?? assign(experiment, session.clientId, definition);
    const answer = alternatives.includes(computed) ? computed : alternatives[0];
    if (!options.prefetch) this.#reportLater(session, experiment, alternatives, options, answer);
    return answer;
  }

  /**
   * Resolves when every report so far has arrived or failed: those of one session, or all. For `waitUntil`; never rejects.
   * Reports that begin meanwhile don't prolong it.
   */
  async settled(session?: Session): Promise<void> {
    const reports = [...this.#reports].filter(([, owner]) => session === undefined || owner === session);
    await Promise.all(reports.map(([report]) => report));
  }

  /**
   * Takes order, traffic fraction, layer and state of experiments from the server, so that a winner or a pause is known here too.
   * Weights are not among what it tells. What fails leaves the definition as it was, and is told to the session's hook.
   */
  async refresh(session: Session, experiments: readonly string[], timeoutMs = 5_000): Promise<void> {
    await Promise.all(experiments.map((experiment) => this.#refresh(session, experiment, timeoutMs)));
  }

  async #refresh(session: Session, experiment: string, timeoutMs: number): Promise<void> {
    const refresh = {};
    this.#refreshes.set(experiment, refresh);
    const path = `/experiments/${encodeURIComponent(experiment)}`;
    let reply = await send(session.baseUrl, path, { timeoutMs, insists: true });
    // Without alternatives, or about another experiment, it is judged like an empty answer.
    const { name = experiment, alternatives } = reply.body;
    if (!reply.code && (name !== experiment || !Array.isArray(alternatives))) reply = judge({}, 200);
    if (reply.code) return session.report({ ...reply, call: "refresh", experiment });
    // One that began later knows better.
    if (this.#refreshes.get(experiment) !== refresh) return;
    const details = reply.body as unknown as Details;
    const { weights } = this.#definitions.get(experiment) ?? {};
    this.#definitions.set(experiment, {
      alternatives: details.alternatives,
      trafficFraction: details.traffic_fraction,
      layer: details.layer,
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
    alternative: string,
  ): void {
    const key = `${experiment}\0${session.clientId}`;
    if (this.#known.size >= ASSIGNMENTS_KEPT_MAX) this.#known.clear();
    const assigned: Assigned = { alternative };
    this.#known.set(key, assigned);
    const report = this.#report(session, experiment, alternatives, options, assigned).then((isOnRecord) => {
      // The next call of this client reports again, unless it has done so already.
      if (!isOnRecord && this.#known.get(key) === assigned) this.#known.delete(key);
      this.#reports.delete(report);
    });
    this.#reports.set(report, session);
  }

  /** Whether the server has the client on record. An answer that comes after a refresh corrects what nobody reads any more. */
  async #report(
    session: Session,
    experiment: string,
    alternatives: Alternatives,
    options: ParticipateOptions,
    assigned: Assigned,
  ): Promise<boolean> {
    // The page comes first: making a request takes longer than the assignment did.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { alternative, failure } = await session.ask(experiment, alternatives, options);
    if (failure !== undefined) return false;
    if (alternative !== assigned.alternative) {
      const message = `Expected ${assigned.alternative} as computed, got ${alternative} on record`;
      session.report({ code: "mismatch", call: "participate", experiment, message, body: {} });
      assigned.alternative = alternative;
    }
    return true;
  }
}

/** What a client was answered, corrected by what the server has on record. */
interface Assigned {
  alternative: string;
}

interface Details {
  readonly alternatives: Alternatives;
  readonly traffic_fraction: number;
  readonly layer?: Definition["layer"];
  readonly winner: string;
  readonly is_paused: boolean;
  readonly is_archived: boolean;
}
