/** What came where a text should be, for a refusal. */
export function shapeOf(value: object): string {
  return Array.isArray(value) ? "a list in a list" : "an object";
}

/** What lies under a name in a value from outside; `undefined` where it is no object, or has no such member of its own. */
export function member(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null && Object.hasOwn(of, name) ? Reflect.get(of, name) : undefined;
}
