/** Members of values that came from outside, as JSON or a form. */

/** Why a member is refused that holds no text. */
export function noText(name: string, value: object): string {
  const got = Array.isArray(value) ? "a list in a list" : "an object";
  return `Expected \`${name}\` as text, number, boolean or a list of them, got ${got}`;
}

/** What lies under a name in a value from outside; `undefined` where it is no object, or has no such member of its own. */
export function member(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null && Object.hasOwn(of, name) ? Reflect.get(of, name) : undefined;
}
