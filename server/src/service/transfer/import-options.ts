/** What every import is asked for, whatever it reads. */
export interface ImportOptions {
  /** Which experiments; all when empty. */
  readonly names: readonly string[];
  /** Reads everything and writes nothing. */
  readonly dryRun: boolean;
  /** Moves an experiment of the same name aside, as a reset does. Otherwise it stays, and the import passes it over. */
  readonly replace: boolean;
  /** Whether ids that the source knows are stored: see `ServiceSettings`. */
  readonly keepClientIds: boolean;
  /** For the activity log: who, and from where, without secrets. */
  readonly actor: string;
  readonly from: string;
}
