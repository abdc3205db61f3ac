/**
 * Checks, by the id of the store, whether the database is still the one that this process began with.
 *
 * A Redis that was flushed, restarted without its data, or replaced by another answers like the old one, and would
 * assign every visitor anew. The check runs with every poll and after every reconnection; until the right database is
 * back, nothing else is sent.
 */
import { SixpackError } from "../../domain/errors.ts";
import { type Identity, identityText, LAYOUT, migratedIdentity, newIdentity, readIdentity } from "../store-id.ts";
import type { RedisConnection } from "./client.ts";
import { refusalOf } from "./node.ts";
import { REDIS_MIN, type ServerVersion, tooOld, versionIn } from "./redis-version.ts";
import { textIn } from "./replies.ts";

export class Presence {
  readonly #connection: RedisConnection;
  readonly #key: string;
  /** The database in words. */
  readonly #place: string;
  readonly #mayMake: boolean;
  #known: Identity | undefined;
  #isMigrating = false;
  /** Whether the server that answers is one that is promised; it may be another one after a reconnection. */
  #isNewEnough = false;
  #isServing: boolean;

  /** @param mayMake whether a database that has no id gets one */
  constructor(connection: RedisConnection, key: string, place: string, mayMake: boolean) {
    this.#connection = connection;
    this.#key = key;
    this.#place = place;
    this.#mayMake = mayMake;
    this.#isServing = !mayMake;
  }

  /** To be told before the first check of a new connection. */
  reconnected(): void {
    this.#isNewEnough = false;
  }

  /**
   * Checks now. If Redis can't answer at present, nothing is concluded.
   * @throws SixpackError store-unavailable: it is another store, one of a later version, no store, or Redis is too old
   */
  async check(): Promise<void> {
    try {
      if (!this.#isNewEnough) await this.#checkVersion();
      const found = await this.#marked((await this.#read()) ?? (await this.#make()));
      this.#known ??= found;
      if (this.#known !== undefined && found?.id !== this.#known.id) throw this.#foreign(found);
      this.#isMigrating = found?.migrating === true;
      if (this.#isMigrating && this.#isServing) throw this.#underWay();
      this.#connection.refuse(undefined);
    } catch (error) {
      if (error instanceof SixpackError && (error.cause === undefined || isWrong(error)))
        this.#connection.refuse(error);
      throw error;
    }
  }

  async #checkVersion(): Promise<void> {
    const old = tooOld(await this.#version());
    if (old !== undefined) {
      throw new SixpackError(
        "store-unavailable",
        `Expected Redis ${REDIS_MIN.join(".")} or newer behind ${this.#place}, got ${old}. Upgrade it.`,
      );
    }
    this.#isNewEnough = true;
  }

  /** A user who may not ask learns nothing of it, and may do everything else. */
  async #version(): Promise<ServerVersion> {
    try {
      return versionIn(textIn(await this.#connection.ask("INFO", "server")));
    } catch (error) {
      if (error instanceof SixpackError && refusalOf(error.cause)?.startsWith("NOPERM") === true) return versionIn("");
      throw error;
    }
  }

  async #read(): Promise<Identity | undefined> {
    const text = await this.#connection.ask("GET", this.#key);
    return text === null ? undefined : readIdentity(textIn(text), this.#place);
  }

  /** For a database without an id, at the first connection. */
  async #make(): Promise<Identity | undefined> {
    if (this.#known !== undefined || !this.#mayMake) return undefined;
    await this.#connection.ask("SET", this.#key, identityText(newIdentity()), "NX");
    return this.#read();
  }

  /**
   * Once it is marked, servers of older versions refuse it, and so do all running servers within a quarter of a second,
   * when they check again.
   */
  async #marked(found: Identity | undefined): Promise<Identity | undefined> {
    if (found === undefined || found.layout === LAYOUT || !this.#mayMake) return found;
    await this.#write({ ...migratedIdentity(found), migrating: true });
    return this.#read();
  }

  /** Whether it has to be migrated before it is used. */
  get isMigrating(): boolean {
    return this.#isMigrating;
  }

  /** All of it is of today's layout. */
  async migrated(): Promise<void> {
    if (this.#known !== undefined) await this.#write(migratedIdentity(this.#known));
    await this.check();
  }

  /** From now on it is refused until the migration has ended. */
  serve(): void {
    this.#isServing = true;
  }

  async #write(identity: Identity): Promise<void> {
    await this.#connection.ask("SET", this.#key, identityText(identity), "XX");
  }

  #underWay(): SixpackError {
    return new SixpackError(
      "store-unavailable",
      `Expected layout ${LAYOUT} in ${this.#place}, got one that is being brought over to it. Wait for the server that does it, or start another one that goes on with it.`,
    );
  }

  #foreign(found: Identity | undefined): SixpackError {
    const got = found === undefined ? "none: it was flushed, or is another one" : "another store";
    return new SixpackError(
      "store-unavailable",
      `Expected the store that this server began with in ${this.#place}, got ${got}. Bring its data back, or restart the server to go on with what is there.`,
    );
  }
}

/** Whether the key holds something else than an id. */
function isWrong({ cause }: SixpackError): boolean {
  return refusalOf(cause)?.startsWith("WRONGTYPE") === true;
}
