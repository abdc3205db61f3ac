/**
 * How long a test waits for what must come, in milliseconds: long enough for the busiest of machines, and shorter than a
 * test may take, so that whoever waits in vain says for what. It is never what a test is about.
 */
export const PATIENCE_MS = 120_000;
