import fc from "fast-check";
import { expect, it } from "vitest";
import { csv } from "../../../src/service/report/csv.ts";
import { rowsOf } from "../../support/csv.ts";
import { anyName } from "../../support/names.ts";

it("keeps in its field whatever ends a line, so that no row can be slipped in", () => {
  expect(csv([["a\r=cmd()", "b\n=cmd()", "c\r\n=cmd()", "plain"]])).toBe(
    '"a\r=cmd()","b\n=cmd()","c\r\n=cmd()",plain\r\n',
  );
});

it("disarms text that a spreadsheet would run, and leaves numbers alone", () => {
  expect(csv([["=cmd()", "+1", "-1", "@a", "\tx", -1.5, 1e-7]])).toBe("'=cmd(),'+1,'-1,'@a,'\tx,-1.5,1e-7\r\n");
});

it("disarms what is behind a semicolon too, where spreadsheets of half the world begin a cell", () => {
  expect(csv([["a;=cmd()", "a;b"]])).toBe("a;'=cmd(),a;b\r\n");
});

it("gives programs every text back that take one apostrophe away again", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."'=+-@;,\"\t\r\n＝a"), maxLength: 8 });
  fc.assert(
    fc.property(fc.oneof(texts, anyName), (text) => {
      const written = csv([["name", text, "end"]]);
      expect(rowsOf(written)).toEqual([["name", text, "end"]]);
    }),
  );
});
