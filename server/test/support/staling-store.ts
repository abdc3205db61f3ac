/** A memory store under which a definition changes between decision and record, as other processes make it happen. */
import { MemoryStore } from "../../src/store/memory.ts";
import type { Conversion, ConversionOutcome, Participation, ParticipationOutcome } from "../../src/store/store.ts";

export class StalingStore extends MemoryStore {
  /** Called before each record, with the number of records tried so far. */
  readonly before: (tries: number, store: MemoryStore) => Promise<void>;
  tries = 0;

  constructor(before: (tries: number, store: MemoryStore) => Promise<void>) {
    super();
    this.before = before;
  }

  override async recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    await this.before(this.tries++, this);
    return super.recordParticipation(participation);
  }

  override async recordConversion(conversion: Conversion): Promise<ConversionOutcome> {
    await this.before(this.tries++, this);
    return super.recordConversion(conversion);
  }
}
