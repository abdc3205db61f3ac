import { expect, test } from "vitest";
import { WRITE_BUFFER_BYTES } from "../../../src/store/local/level-database.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import * as make from "../../support/make.ts";
import { closing, temporaryFolder } from "../../support/one-test.ts";

test("the size of a folder counts what is in no table yet, from the first byte on", async () => {
  const store = closing(await LocalStore.open({ folder: await temporaryFolder(), cacheSlots: 0 }));
  const sizeIn = async () => /, (\d+(?:\.\d)?) ([KM]iB)$/.exec((await store.status()).summary)?.slice(1);
  await make.created(store, make.draft({ name: "first" }));
  const [first = "0", unit] = (await sizeIn()) ?? [];
  expect([Number(first) > 0, unit]).toEqual([true, "KiB"]);
  // Half of what LevelDB keeps in its log, as it is, before it makes a table.
  await store.notes.swap("views", "long", null, "x".repeat(WRITE_BUFFER_BYTES / 2));
  expect(await sizeIn()).toEqual(["2.0", "MiB"]);
});
