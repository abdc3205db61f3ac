/** One request, and every way in which it can end. Nothing here throws. */
import type { Failure, FailureCode } from "./failure.ts";

/** Arguments of a call by their names on the wire. What is null or absent is not sent; a list is sent once per item. */
export interface Arguments {
  readonly experiment: string | null;
  readonly [name: string]: string | number | boolean | readonly (string | number)[] | null | undefined;
}

/** `body` is the parsed answer, of which nothing is certain; `{}` where there is none. */
export type Reply =
  | { readonly code?: never; readonly body: Readonly<Record<string, unknown>> }
  | Omit<Failure, "call" | "experiment">;

export async function send(url: string, timeoutMs: number, init?: RequestInit): Promise<Reply> {
  let signal: AbortSignal | undefined;
  let status: number | undefined;
  try {
    // Within the try: a browser of 2021 has no such function, and its page gets the control.
    signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    status = response.status;
    return judge(await response.json(), status);
  } catch (cause) {
    if (status !== undefined && !signal?.aborted) return judge(cause, status);
    return { code: signal?.aborted ? "timeout" : "unreachable", message: String(cause), cause, body: {} };
  }
}

/** A reply from a parsed answer and its status, be it of a single call or of one in a batch. */
export function judge(answer: unknown, status: number): Reply {
  const body: Reply["body"] = Object(answer);
  let code: FailureCode = "bad-answer";
  if (status >= 500) code = "server-error";
  else if (status >= 400) code = "rejected";
  // A browser hides a redirect behind status 0.
  else if (status >= 300 || status < 200) code = "redirect";
  else if (body["status"] === "ok") return { body };
  return { code, message: `${body["message"] ?? `Expected an answer, got ${status}`}`, status, body };
}

export function queryOf(args: Arguments): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    for (const item of [value ?? []].flat()) query.append(name, String(item));
  }
  return query;
}
