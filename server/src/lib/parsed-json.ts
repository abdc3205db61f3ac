/** Reading JSON that may be damaged, or written by hand. */

/** What the text says; `undefined` where it is no JSON, so that a check of the value refuses both alike. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
