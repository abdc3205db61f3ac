import { expect, it } from "vitest";
import { actOnSeveral } from "../../../src/service/administer/several.ts";
import * as make from "../../support/make.ts";
import { storedExperiment } from "../../support/store.ts";

it("keeps every tag that people add at the same time", async () => {
  const context = make.context();
  await make.created(context.store, make.draft());
  const tags = Array.from({ length: 10 }, (_, number) => `tag-${number}`);
  await Promise.all(tags.map((tag) => actOnSeveral(context, "ann", ["service"], "tag", tag)));
  expect((await storedExperiment(context.store, "service")).about?.tags?.toSorted()).toEqual(tags);
});
