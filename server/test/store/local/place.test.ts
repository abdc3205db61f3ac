import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Place } from "../../../src/store/local/place.ts";
import { temporaryFolder } from "../../support/one-test.ts";

it("takes the next log for what it is, however many look at the same time, and misses one that is gone", async () => {
  const folder = await temporaryFolder();
  const level = join(folder, "level");
  await mkdir(level);
  await writeFile(join(level, "CURRENT"), "MANIFEST-000002\n");
  await writeFile(join(level, "000004.log"), "");
  const place = new Place(folder);
  await place.remember();
  // As LevelDB does it when a log is full: the next one is there before the last one goes.
  await rename(join(level, "000004.log"), join(level, "000006.log"));
  await Promise.all([place.check(), place.check(), place.check()]);
  await rm(join(level, "000006.log"));
  await expect(Promise.all([place.check(), place.check()])).rejects.toMatchObject({
    detail: expect.stringContaining("log 6 is missing"),
  });
});
