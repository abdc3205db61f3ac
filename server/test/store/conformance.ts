/**
 * The conformance suite: every promise of `src/store/store.ts`, over any engine.
 *
 *     describeStore(memoryEngine());
 */
import { describe } from "vitest";
import { describeActivity } from "./conformance/activity.ts";
import { describeCaps } from "./conformance/caps.ts";
import { describeConversions } from "./conformance/conversions.ts";
import { describeDamaged } from "./conformance/damaged.ts";
import { describeDefinitions } from "./conformance/definitions.ts";
import { describeEndings } from "./conformance/endings.ts";
import { describeForgetting } from "./conformance/forgetting.ts";
import { describeIds } from "./conformance/ids.ts";
import { describeLeases } from "./conformance/leases.ts";
import { describeLinks } from "./conformance/links.ts";
import { describeLives } from "./conformance/lives.ts";
import { describeNotes } from "./conformance/notes.ts";
import { describeParticipations } from "./conformance/participations.ts";
import { describeSums } from "./conformance/sums.ts";
import { describeTransfer } from "./conformance/transfer.ts";
import { type EngineUnderTest, useEngine } from "./engines/engine.ts";

export function describeStore(engine: EngineUnderTest): void {
  describe(`the ${engine.name} store`, () => {
    const open = useEngine(engine);
    describeDefinitions(open);
    describeParticipations(open);
    describeConversions(open);
    describeSums(open);
    describeCaps(open);
    describeLinks(open);
    describeDamaged(open);
    describeLives(open);
    describeForgetting(open);
    describeTransfer(open);
    describeIds(open, engine);
    describeActivity(open);
    describeLeases(open);
    describeNotes(open);
    describeEndings(engine);
  });
}
