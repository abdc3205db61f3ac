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
