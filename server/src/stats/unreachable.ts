/** The end of an exhaustive switch: compiles only when every case was handled. @throws TypeError if types were bypassed */
export function unreachable(value: never): never {
  throw new TypeError(`Expected a known case, got ${JSON.stringify(value)}`);
}
