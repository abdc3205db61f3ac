/** The body of a POST: a form or JSON, of bounded size. */
import type { IncomingMessage } from "node:http";
import { SixpackError } from "../domain/errors.ts";
import { quote } from "../domain/names.ts";
import type { Arguments } from "./arguments.ts";
import { decodeBytes } from "./encoding.ts";
import { BODY_BYTES_MAX } from "./limits.ts";
import { readJson, readUrlEncoded } from "./read.ts";

/** Reads `text` into `target`, by the content type of the request. @throws SixpackError unsupported-media-type, and those of readJson */
export function readArguments(request: IncomingMessage, text: string, target: Arguments): void {
  if (text === "") return;
  const type = mediaType(request.headers["content-type"] ?? "application/x-www-form-urlencoded");
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
        `Expected application/x-www-form-urlencoded or application/json, got ${quote(type)}`,
      );
  }
}

/** @throws SixpackError unsupported-media-type: a compressed body would be read as broken text */
export function checkContentEncoding({ headers }: IncomingMessage): void {
  const coding = headers["content-encoding"];
  if (coding === undefined || coding.toLowerCase() === "identity") return;
  throw new SixpackError("unsupported-media-type", `Expected a body as it is (\`identity\`), got ${quote(coding)}`);
}

/** Some programs begin every text with a byte order mark; RFC 8259 lets readers pass it over. */
function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Without parameters such as `charset`. */
function mediaType(header: string): string {
  const semicolon = header.indexOf(";");
  return (semicolon === -1 ? header : header.slice(0, semicolon)).trim().toLowerCase();
}

/**
 * The body as text, as `decodeBytes` reads it. Not by `for await`: leaving such a loop early destroys the connection,
 * and with it the answer.
 * @throws SixpackError body-too-large, bad-request
 */
export function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = () =>
      reject(new SixpackError("body-too-large", `Expected at most ${BODY_BYTES_MAX} bytes, got more`));
    if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES_MAX) return refuse();
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) refuse();
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(withoutMark(decodeBytes(Buffer.concat(chunks)))));
    request.on("close", () =>
      reject(new SixpackError("bad-request", "Expected the whole body, got a closed connection")),
    );
  });
}
