/** The body of a POST: a form or JSON, of bounded size. */
import type { IncomingMessage } from "node:http";
import { SixpackError } from "../domain/errors.ts";
import { quote } from "../domain/names.ts";
import { type Arguments, readJson, readUrlEncoded } from "./arguments.ts";

/** Largest body that is read, in bytes. */
export const BODY_BYTES_MAX = 65_536;

/** Reads `text` into `target`, by the content type of the request. @throws SixpackError unsupported-media-type, invalid-body, invalid-encoding */
export function readArguments(request: IncomingMessage, text: string, target: Arguments): void {
  if (text === "") return;
  const type = (request.headers["content-type"] ?? "application/x-www-form-urlencoded")
    .split(";")[0]
    ?.trim()
    .toLowerCase();
  switch (type) {
    case "application/x-www-form-urlencoded":
      readUrlEncoded(text, 0, target);
      break;
    case "application/json":
    // What `navigator.sendBeacon` sends for a string: our clients put JSON in it, and it needs no preflight.
    case "text/plain":
      readJson(text, target);
      break;
    default:
      throw new SixpackError(
        "unsupported-media-type",
        `Expected application/x-www-form-urlencoded or application/json, got ${quote(type ?? "")}`,
      );
  }
}

/** The body as text. @throws SixpackError body-too-large */
export async function readText(request: IncomingMessage): Promise<string> {
  const tooLarge = () => new SixpackError("body-too-large", `Expected at most ${BODY_BYTES_MAX} bytes, got more`);
  if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
