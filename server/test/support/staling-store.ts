/** A model store under which a definition changes between decision and record, as other processes make it happen. */

import type { Conversion, ConversionOutcome, Participation, ParticipationOutcome } from "../../src/store/store.ts";
import { ModelStore } from "../store/model/model-store.ts";

export class StalingStore extends ModelStore {
  /** Called before each record, with the number of records tried so far. */
  readonly before: (tries: number, store: ModelStore) => Promise<void>;
  tries = 0;

  constructor(before: (tries: number, store: ModelStore) => Promise<void>) {
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
