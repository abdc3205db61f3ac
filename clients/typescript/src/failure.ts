/** What can go wrong with a call. Closed; docs/client-spec.md says when each one is used. */
export type FailureCode =
  /** No complete answer within the time-out. */
  | "timeout"
  /** No connection, or it ended before an answer began; also where the server was silent a moment ago. */
  | "unreachable"
  /** Status 3xx; redirects are not followed. */
  | "redirect"
  /** Status 4xx: the server understood and refused. */
  | "rejected"
  /** Status 5xx, or one that no rule names. */
  | "server-error"
  /** Status 2xx, but not a complete JSON answer to this call of this client. */
  | "bad-answer"
  /** The server has another alternative on record than the one computed by `@sixpack/client/local`, or shown by OpenFeature. */
  | "mismatch";

export interface Failure {
  readonly code: FailureCode;
  /** `refresh` only with `@sixpack/client/local`. */
  readonly call: "participate" | "convert" | "link" | "refresh";
  /** `null` for a conversion or a link in every experiment. */
  readonly experiment: string | null;
  /** For people: what was expected and what came, or the server's own words. */
  readonly message: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** What the server answered, as far as it was JSON; an empty object otherwise. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** How often the console hears of one kind of failure, in milliseconds: of an outage, not of each of its calls. */
const WARNING_PAUSE_MS = 60_000;

/** When the console last heard of a kind. */
const warnedMs: Record<string, number> = {};

/** What becomes of failures where nobody gave a hook. */
export function warn(baseUrl: string, { call, experiment, code, message, status }: Failure): void {
  const kind = `${baseUrl} ${call} ${code}`;
  const nowMs = performance.now();
  if (nowMs - (warnedMs[kind] as number) < WARNING_PAUSE_MS) return;
  warnedMs[kind] = nowMs;
  const isElsewhere = status === 404 || !["rejected", "server-error", "mismatch"].includes(code);
  const advice = isElsewhere ? ". Does Sixpack's API answer there?" : "";
  console.warn(`sixpack: ${call} of ${experiment ?? "every experiment"} at ${baseUrl}: ${code}, ${message}${advice}`);
}
