/** A model store under which a definition changes between decision and record, as other processes make it happen. */
import { ModelStore } from "../store/model/model-store.ts";

export class StalingStore extends ModelStore {
  /** Called before each record, with the number of records tried so far. */
  readonly before: (tries: number, store: ModelStore) => Promise<void>;
  tries = 0;

  constructor(before: (tries: number, store: ModelStore) => Promise<void>) {
    super();
    this.before = before;
    const { participate } = this.records;
    this.records.participate = async (participation) => {
      await this.before(this.tries++, this);
      return participate(participation);
    };
    const { convert } = this.records;
    this.records.convert = async (conversion) => {
      await this.before(this.tries++, this);
      return convert(conversion);
    };
  }
}
