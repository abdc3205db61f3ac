import { expect, it } from "vitest";
import { dayText } from "../../src/domain/period.ts";
import { createClock } from "../../src/ops/clock.ts";

function dayAt(timezone: string, iso: string): string {
  return dayText(createClock(timezone, () => Date.parse(iso)).today());
}

it("begins a day at midnight of its zone", () => {
  expect(dayAt("UTC", "2025-03-30T23:59:59.999Z")).toBe("2025-03-30");
  expect(dayAt("Europe/Berlin", "2025-01-31T22:59:59Z")).toBe("2025-01-31");
  expect(dayAt("Europe/Berlin", "2025-01-31T23:00:00Z")).toBe("2025-02-01");
  expect(dayAt("America/Los_Angeles", "2025-01-01T07:59:59Z")).toBe("2024-12-31");
  // Nepal is 5 h 45 min ahead of UTC.
  expect(dayAt("Asia/Kathmandu", "2025-06-01T18:15:00Z")).toBe("2025-06-02");
  expect(dayAt("Asia/Kathmandu", "2025-06-01T18:14:59Z")).toBe("2025-06-01");
});

it("follows the change to summer time while it runs", () => {
  let now = Date.parse("2025-03-29T23:30:00Z");
  const clock = createClock("Europe/Berlin", () => now);
  expect(dayText(clock.today())).toBe("2025-03-30");
  // At 01:00 UTC Berlin went from one to two hours ahead, so this day ended at 22:00 UTC.
  now = Date.parse("2025-03-30T21:59:59Z");
  expect(dayText(clock.today())).toBe("2025-03-30");
  now = Date.parse("2025-03-30T22:00:00Z");
  expect(dayText(clock.today())).toBe("2025-03-31");
});
