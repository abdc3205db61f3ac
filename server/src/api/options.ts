/** The options of the API server. */
import type { IncomingMessage } from "node:http";
import type { Caller } from "../domain/scope.ts";
import type { CorsOptions } from "./cors.ts";
import type { LoadLimit } from "./overload.ts";
import type { Route } from "./paths.ts";

export interface ApiOptions {
  readonly cors: CorsOptions;
  /** Shows the cause of an internal error in its answer: `SIXPACK_DEBUG`. */
  readonly debug: boolean;
  /** Bounds the requests that wait. */
  readonly loadLimit: LoadLimit;
  /** Path in front of every route, such as `/sixpack`; empty for none. */
  readonly basePath: string;
  /** Who calls, and what they may do. @throws SixpackError invalid-api-key */
  readonly callerOf: (request: IncomingMessage) => Caller;
  /** True from the moment the server has been asked to stop. */
  readonly draining: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Counts calls against the quota of their address. @throws SixpackError too-many-requests */
  readonly charge: (caller: Caller, calls: number) => void;
  /** Counts what a call cost in addition. That call is done; later ones have to wait for it. */
  readonly owe: (caller: Caller, calls: number) => void;
  /** Connections at most. @default CONNECTIONS_MAX */
  readonly connectionsMax?: number;
  /** Most calls of a stranger in one batch. */
  readonly batchCallsMax: number;
  /** The id of a request that brings none. */
  readonly newRequestId: () => string;
  /** Called with every error that is not a refusal, so a defect of the server. */
  readonly onDefect: (error: unknown, requestId?: string) => void;
  /** Told of every answer. */
  readonly onAnswer: OnAnswer | undefined;
}

/**
 * @param route `undefined` where the path is none
 * @param elapsedMs since the request came, in milliseconds
 * @param requestId makes the id when it is asked for
 */
type OnAnswer = (
  route: Route | undefined,
  method: string | undefined,
  status: number,
  elapsedMs: number,
  requestId: () => string,
) => void;
