import { describe, expect, it } from "vitest";
import { hashPassword, SALT_BYTES, verifyPassword } from "../../src/ops/password.ts";

const SALT = Buffer.alloc(SALT_BYTES, 7);

describe("password hashes", () => {
  it("accept the password they were made from, and no other", async () => {
    const hash = await hashPassword("correct horse", SALT);
    expect(await verifyPassword("correct horse", hash)).toBe(true);
    expect(await verifyPassword("correct horsf", hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
  });

  it("differ by salt and say their cost", async () => {
    const hash = await hashPassword("correct horse", SALT);
    expect(hash).toMatch(/^scrypt\.15\.8\.3\.[\w-]{22}\.[\w-]{43}$/);
    expect(hash).not.toBe(await hashPassword("correct horse", Buffer.alloc(SALT_BYTES, 8)));
  });

  it("accept a letter however it is composed", async () => {
    expect(await verifyPassword("café-au-lait", await hashPassword("cafe\u0301-au-lait", SALT))).toBe(true);
  });

  it.each([
    "",
    "plaintext",
    "scrypt.15.8.3.abc",
    "scrypt.99.99.99.YWJj.YWJj",
    "scrypt.0.8.3.YWJj.YWJj",
    "scrypt.15.8.3.YWJj.",
  ])("refuse the text %s, which is none, without failing", async (text) => {
    expect(await verifyPassword("correct horse", text)).toBe(false);
  });
});
