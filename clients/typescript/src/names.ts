/** The rules that arguments must keep before anything is sent. Breaking one is a mistake in the program: a TypeError. */

/** @throws TypeError saying what was expected and what came */
export function expect(held: boolean, expected: string, got: unknown): asserts held {
  if (!held) throw new TypeError(`Expected ${expected}, got ${typeof got === "number" ? got : JSON.stringify(got)}`);
}

/**
 * @param rule left out that of an alternative or KPI
 * @param shown left out the text itself
 */
export function check(what: string, text: string, rule = /^[a-z0-9][\w-]{0,254}$/i, shown = text): void {
  expect(rule.test(text), `${what} ${rule}`, shown);
}

/** The server's rule: any text that stays unchanged, but for what browsers take for a step in a path. */
export function checkExperiment(name: string): void {
  check("experiment", name, /^(?!\.\.?$)[^\p{Cc}\p{Cs}]{1,255}$/u);
}

export function checkAlternatives(names: readonly string[]): void {
  const { size } = new Set(names);
  expect(size > 1 && size <= 100 && size === names.length, "2 to 100 different alternatives", names);
  for (const name of names) check("alternative", name);
}

export function checkNumber(what: string, value: number | null | undefined): void {
  if (value != null) expect(Math.abs(value) <= 1e12, `${what} up to 1e12`, value);
}

/** Length is counted in UTF-16 code units, as the server counts. */
export const CLIENT_ID = /^[^\0]{1,1024}$/;
