import { KEYS } from "../../src/config/schema.ts";

/**
 * How long a test waits for what must come, in milliseconds: long enough for the busiest of machines, and shorter than a
 * test may take, so that whoever waits in vain says for what. It is never what a test is about.
 */
export const PATIENCE_MS = 120_000;

/** What every process of a test is given: a busy machine must not look like a Redis that hangs. */
export const PATIENT_REDIS = { SIXPACK_CONFIG_REDIS_SOCKET_TIMEOUT: "60" };

/** For tests of a Redis that does hang: as long as a server waits for it unless told otherwise. */
export const HASTY_REDIS = { SIXPACK_CONFIG_REDIS_SOCKET_TIMEOUT: String(KEYS.redis_socket_timeout.default) };
