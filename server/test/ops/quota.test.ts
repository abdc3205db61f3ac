import { describe, expect, it } from "vitest";
import { ADDRESSES_MAX, addressGroup, Quota } from "../../src/ops/quota.ts";

function quota(max: number) {
  const time = { nowMs: 10_250 };
  return { time, quota: new Quota({ max, windowMs: 1_000, nowMs: () => time.nowMs }) };
}

describe("a quota", () => {
  it("grants an address its share in a window, tells when the next one begins, and grants again then", () => {
    const { quota: requests, time } = quota(2);
    expect([1, 2, 3].map(() => requests.take("192.0.2.1"))).toEqual([0, 0, 1]);
    expect(requests.take("192.0.2.2")).toBe(0);
    time.nowMs += 750;
    expect(requests.take("192.0.2.1")).toBe(0);
  });

  it("tells whole seconds, rounded up", () => {
    const hourly = new Quota({ max: 1, windowMs: 3_600_000, nowMs: () => 1_500 });
    hourly.take("192.0.2.1");
    expect(hourly.take("192.0.2.1")).toBe(3_599);
  });

  it("takes several at once, or none of them", () => {
    const { quota: requests } = quota(10);
    expect(requests.take("192.0.2.1", 8)).toBe(0);
    expect(requests.take("192.0.2.1", 3)).toBe(1);
    expect(requests.take("192.0.2.1", 2)).toBe(0);
  });

  it("grants what is more than a window holds to an address that took nothing yet, and lets the next ones pay", () => {
    const { quota: requests, time } = quota(10);
    expect(requests.take("192.0.2.1", 100)).toBe(0);
    expect(requests.take("192.0.2.1")).toBe(10);
    expect(requests.take("192.0.2.2")).toBe(0);
    time.nowMs += 9_000;
    expect(requests.take("192.0.2.1")).toBe(1);
    time.nowMs += 1_000;
    expect(requests.take("192.0.2.1")).toBe(0);
  });

  it("counts what was spent without asking, and lets nobody pay for longer than a minute", () => {
    const { quota: requests, time } = quota(10);
    requests.owe("192.0.2.1", 25);
    expect(requests.take("192.0.2.1")).toBe(2);
    time.nowMs += 2_000;
    expect(requests.take("192.0.2.1")).toBe(0);
    requests.owe("192.0.2.1", 1_000_000);
    expect(requests.take("192.0.2.1")).toBe(60);
    requests.owe("192.0.2.1", -1);
    expect(requests.take("192.0.2.1")).toBe(60);
  });

  it("locks nobody out until a clock that was set back has caught up", () => {
    const { quota: requests, time } = quota(1);
    expect([1, 2].map(() => requests.take("192.0.2.1"))).toEqual([0, 1]);
    time.nowMs -= 5_000;
    expect([1, 2].map(() => requests.take("192.0.2.1"))).toEqual([0, 1]);
  });

  it("keeps to its memory however many addresses come, and then counts the rest together", () => {
    const { quota: requests } = quota(1);
    for (let n = 0; n < ADDRESSES_MAX; n += 1) requests.take(`address ${n}`);
    expect(requests.take("late")).toBe(0);
    expect(requests.take("later")).toBe(1);
    expect(requests.addresses).toBe(ADDRESSES_MAX + 1);
  });
});

describe("what counts as one address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["", ""],
  ])("%s is of %s", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
