/** Doing something that only one process may do at a time, for as long as it takes. */
import type { ServiceContext } from "./context.ts";

/** How long a lease lasts after its holder died, in milliseconds: the next process has to wait that long. */
export const ALONE_MS = 10_000;

/** Pause between two renewals, in milliseconds: short enough that one may fail. */
const RENEW_EVERY_MS = 3_000;

/** Tells the work whether it is still alone; it should stop at once when it is not. */
export type StillAlone = () => boolean;

/**
 * Runs `work` under a lease that is renewed until it ends.
 * @param holder differs from everybody else's
 * @returns what `work` gave, or `undefined` when somebody else holds the lease
 */
export async function alone<Result>(
  { store }: Pick<ServiceContext, "store">,
  lease: string,
  holder: string,
  work: (stillAlone: StillAlone) => Promise<Result>,
): Promise<Result | undefined> {
  let heldUntilMs = Number.POSITIVE_INFINITY;
  const claim = async (): Promise<boolean> => {
    const askedMs = performance.now();
    const held = await store.leases.claim(lease, holder, ALONE_MS);
    // A lease that ran out is lost also where it is got again: somebody else may have had it in between.
    const ranOut = performance.now() >= heldUntilMs;
    heldUntilMs = held && !ranOut ? askedMs + ALONE_MS : Number.NEGATIVE_INFINITY;
    return held;
  };
  if (!(await claim())) return undefined;
  // If the store can't be reached, the lease runs out by itself unless the next renewal succeeds.
  const renewal = setInterval(() => void claim().catch(() => false), RENEW_EVERY_MS);
  try {
    return await work(() => performance.now() < heldUntilMs);
  } finally {
    clearInterval(renewal);
    // If the store can't be reached, it runs out by itself.
    await store.leases.claim(lease, holder, 0).catch(() => false);
  }
}
