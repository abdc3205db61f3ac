/**
 * The one error class of the server, its closed set of codes, and the HTTP status of each.
 *
 * Messages that Sixpack 2.7 already gave are part of the wire contract and stay word for word;
 * what was expected and what came stands beside them in `detail`.
 */

/** One line per refusal: its HTTP status and the message callers read. `docs/http-api.md` lists the same codes. */
export const ERRORS = {
  // Something in the call is invalid.
  "missing-arguments": { status: 400, message: "missing arguments" },
  "too-few-alternatives": { status: 400, message: "experiments require at least two alternatives" },
  "too-many-alternatives": { status: 400, message: "too many alternatives" },
  "duplicate-alternatives": { status: 400, message: "alternatives must differ from each other" },
  "invalid-experiment-name": { status: 400, message: "invalid experiment name" },
  "invalid-alternative-name": { status: 400, message: "invalid alternative name" },
  "invalid-kpi-name": { status: 400, message: "invalid kpi name" },
  "too-many-kpis": { status: 400, message: "too many kpis" },
  "invalid-client-id": { status: 400, message: "invalid client id" },
  "invalid-event-id": { status: 400, message: "invalid id" },
  "invalid-traffic-fraction": { status: 400, message: "invalid traffic fraction range" },
  "invalid-weights": { status: 400, message: "invalid weights" },
  "invalid-datetime": { status: 400, message: "invalid datetime" },
  "invalid-value": { status: 400, message: "invalid value" },
  "invalid-covariate": { status: 400, message: "invalid covariate" },
  "invalid-encoding": { status: 400, message: "invalid percent-encoding" },
  "invalid-body": { status: 400, message: "invalid body" },

  // The state of the experiment doesn't allow it.
  "alternatives-changed": {
    status: 400,
    message: "experiment alternatives have changed. please delete in the admin",
  },
  "undeclared-experiment": { status: 403, message: "this experiment is not declared. please declare it first" },
  "undeclared-kpi": { status: 403, message: "this kpi is not declared. please declare it first" },
  "unknown-experiment": { status: 400, message: "experiment does not exist" },
  "experiment-archived": { status: 400, message: "this experiment is archived and can no longer be updated" },
  "experiment-paused": { status: 400, message: "this experiment is paused and can not receive updates." },
  "experiment-compacted": { status: 400, message: "this experiment is compacted and can not be unarchived" },
  "experiment-not-archived": { status: 400, message: "this experiment is not archived" },
  "too-many-ids": { status: 400, message: "too many ids of one person" },
  "not-participating": { status: 400, message: "this client was not participating" },
  "alternative-retired": { status: 400, message: "this alternative is retired already" },
  "control-retired": { status: 400, message: "the control can't be retired" },
  "winner-retired": { status: 400, message: "the winner can't be retired" },
  "too-many-epochs": { status: 400, message: "this experiment was changed too often" },
  "plan-carried-out": { status: 409, message: "the plan was carried out and can no longer be changed" },
  "experiment-begun": { status: 409, message: "people have taken part in this experiment already" },
  "kpi-planned": { status: 409, message: "the plan names this kpi" },
  "nothing-to-undo": { status: 409, message: "there is no such change to take back" },
  "edit-conflict": { status: 409, message: "this was changed by someone else. please look again" },
  "experiment-unreadable": { status: 503, message: "this experiment can't be read. please see the log of the server" },
  "not-logged": { status: 500, message: "this was done, but the activity log could not be written" },
  "experiment-busy": { status: 503, message: "the experiment is being changed all the time. please try again" },

  // The dashboard doesn't have what is asked for, or the request is invalid.
  "not-found": { status: 404, message: "not found" },
  "experiment-not-found": { status: 404, message: "experiment not found" },
  "unknown-kpi": { status: 404, message: "this experiment has no such kpi" },
  "unknown-segment": { status: 404, message: "this experiment has no such segment" },
  "unknown-alternative": { status: 400, message: "this experiment has no such alternative" },
  "nothing-to-restore": { status: 404, message: "nothing to restore under this name" },
  "invalid-description": { status: 400, message: "invalid description" },
  "invalid-plan": { status: 400, message: "invalid plan" },
  "invalid-slice": { status: 400, message: "invalid slice" },
  "slice-taken": { status: 409, message: "the slice is taken" },
  "invalid-segments": { status: 400, message: "invalid segments" },
  "invalid-period": { status: 400, message: "invalid period" },
  "invalid-form": { status: 400, message: "invalid form" },

  // Who asks may not.
  "csrf-failed": { status: 403, message: "this form is no longer valid. please reload the page and try again" },
  "login-required": { status: 401, message: "please log in" },
  "wrong-credentials": { status: 401, message: "wrong name or password" },
  "too-many-tries": { status: 429, message: "too many tries. please wait a moment" },
  forbidden: { status: 403, message: "your role does not allow this" },
  "foreign-host": { status: 403, message: "this dashboard does not answer under that name" },
  "forwarded-request": {
    status: 403,
    message: "this dashboard has no login and answers no request that a proxy passed on",
  },
  "reserved-argument": { status: 403, message: "this argument needs an api key with its scope" },
  "invalid-api-key": { status: 401, message: "this api key is not known here" },
  "too-many-requests": { status: 429, message: "too many requests from this address. please try again" },
  "too-many-experiments": { status: 429, message: "too many new experiments from this address. please try again" },

  // The request is no good HTTP.
  "bad-request": { status: 400, message: "bad request" },
  "method-not-allowed": { status: 405, message: "method not allowed" },
  "body-too-large": { status: 413, message: "body too large" },
  "url-too-long": { status: 414, message: "url too long" },
  "headers-too-large": { status: 431, message: "headers too large" },
  "request-timeout": { status: 408, message: "request timeout" },
  "unsupported-media-type": { status: 415, message: "unsupported media type" },
  "precondition-failed": { status: 412, message: "the file is not the one that was expected" },

  // Experiments that are moved.
  "invalid-file": { status: 400, message: "invalid export file" },
  "transfer-failed": { status: 500, message: "the experiment could not be moved" },

  // The server can't, at present.
  "store-unavailable": { status: 503, message: "the store is not available. please try again" },
  overloaded: { status: 503, message: "the server is overloaded. please try again" },
  "shutting-down": { status: 503, message: "the server is shutting down. please try again" },
  internal: { status: 500, message: "internal error" },
} as const satisfies Record<string, { status: number; message: string }>;

/** Every way in which a call can be refused. */
export type ErrorCode = keyof typeof ERRORS;

interface RefusalOptions extends ErrorOptions {
  /** When the caller may try again, in whole seconds. */
  readonly retryAfterS?: number;
}

/** A refusal that a caller can read. Never thrown for an outcome that is part of normal work. */
export class SixpackError extends Error {
  readonly code: ErrorCode;
  /** What was expected and what came, where the contract's message leaves that open. */
  readonly detail: string | undefined;

  /** When the caller may try again, in whole seconds, where that is known. */
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, detail?: string, options?: RefusalOptions) {
    super(ERRORS[code].message, options);
    this.name = "SixpackError";
    this.code = code;
    this.detail = detail;
    this.retryAfterS = options?.retryAfterS;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** Why something failed, in words for a log or an operator. */
export function reasonOf(error: unknown): string {
  if (error instanceof SixpackError) return error.detail ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

/** Whether it concerns one experiment only: work on the others goes on. */
export function isOfExperiment(error: unknown): boolean {
  return error instanceof SixpackError && error.code === "experiment-unreadable";
}

/** Ends an exhaustive switch; reaching it is a defect of ours, not of the caller. */
export function unreachable(value: never): never {
  throw new SixpackError("internal", `Expected every case to be handled, got ${JSON.stringify(value)}`);
}
