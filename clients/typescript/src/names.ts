/** The rules that arguments must keep before anything is sent. Breaking one is a mistake in the program: a TypeError. */

/** @throws TypeError saying what was expected and what came */
export function expect(held: boolean, expected: string, got: unknown): asserts held {
  if (!held) throw new TypeError(`Expected ${expected}, got ${JSON.stringify(got)}`);
}

export function checkName(what: string, name: string): void {
  expect(/^[a-z0-9][\w-]{0,254}$/i.test(name), `${what} of letters, digits, - and _`, name);
}

export function checkAlternatives(names: readonly string[]): void {
  const { size } = new Set(names);
  expect(size > 1 && size <= 100 && size === names.length, "2 to 100 different alternatives", names);
  for (const name of names) checkName("alternative", name);
}

/** Length is counted in UTF-16 code units, as the server counts. */
export function isClientId(id: string): boolean {
  return /^[^\0]{1,1024}$/.test(id);
}
