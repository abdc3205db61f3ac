import { expect, it } from "vitest";
import { csv } from "../../../src/service/report/csv.ts";

it("keeps in its field whatever ends a line, so that no row can be slipped in", () => {
  expect(csv([["a\r=cmd()", "b\n=cmd()", "c\r\n=cmd()", "plain"]])).toBe(
    '"a\r=cmd()","b\n=cmd()","c\r\n=cmd()",plain\r\n',
  );
});

it("disarms text that a spreadsheet would run, and leaves numbers alone", () => {
  expect(csv([["=cmd()", "+1", "-1", "@a", "\tx", -1.5, 1e-7]])).toBe("'=cmd(),'+1,'-1,'@a,'\tx,-1.5,1e-7\r\n");
});
