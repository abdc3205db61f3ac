/** Options that are numbers or lengths of time: what is read, and what is refused. */
import { InvalidArgumentError } from "commander";
import { expect, it } from "vitest";
import { duration, interval, share, whole, within } from "../../src/cli/numbers.ts";

const READERS = {
  "a number from 0 to 1": within(0, 1),
  "a whole number from 2 to 20": whole(2, 20),
  "a fraction from 0 to 1": share(0, 1),
  "a length of time": duration,
  "an interval": interval,
};

it.each<[keyof typeof READERS, Readonly<Record<string, number>>]>([
  ["a number from 0 to 1", { "0": 0, "1": 1, "0.5": 0.5, "1e-1": 0.1 }],
  ["a whole number from 2 to 20", { "2": 2, "20": 20, "007": 7 }],
  ["a fraction from 0 to 1", { "0": 0, "1": 1, "0.2": 0.2, ".5": 0.5, "20%": 0.2, " 2.5 % ": 0.025, "100%": 1 }],
  ["a length of time", { "1s": 1_000, "30m": 1_800_000, "12h": 43_200_000, " 14d ": 1_209_600_000 }],
  ["an interval", { "1s": 1_000, "24h": 86_400_000, "1d": 86_400_000 }],
])("%s is read as it is meant", (name, texts) => {
  for (const [text, value] of Object.entries(texts)) expect([text, READERS[name](text)]).toEqual([text, value]);
});

it.each<[keyof typeof READERS, readonly string[]]>([
  ["a number from 0 to 1", ["", " ", "-0.01", "1.01", "a", "NaN", "0,5"]],
  ["a whole number from 2 to 20", ["", "1", "21", "2.5", "+3", "-3", " 3", "3 ", "0x3"]],
  ["a fraction from 0 to 1", ["", "%", ".", "1.01", "150%", "-1%", "1e-1", "20%%", "20 percent"]],
  ["a length of time", ["", "0s", "14", "d", "1w", "-1d", "1.5h", "1d2h", "1234567s"]],
  ["an interval", ["25h", "2d", "86401s", "0s"]],
])("%s is refused where it is none or out of range", (name, texts) => {
  for (const text of texts) expect(() => READERS[name](text), text).toThrow(InvalidArgumentError);
});
