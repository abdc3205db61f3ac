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
  { store, clock }: Pick<ServiceContext, "store" | "clock">,
  lease: string,
  holder: string,
  work: (stillAlone: StillAlone) => Promise<Result>,
): Promise<Result | undefined> {
  if (!(await store.leases.claim(lease, holder, ALONE_MS, clock.nowMs()))) return undefined;
  let heldUntilMs = performance.now() + ALONE_MS;
  const renewal = setInterval(() => {
    const askedMs = performance.now();
    store.leases.claim(lease, holder, ALONE_MS, clock.nowMs()).then(
      (held) => {
        heldUntilMs = held ? askedMs + ALONE_MS : Number.NEGATIVE_INFINITY;
      },
      // The store can't be reached. The lease runs out by itself unless the next renewal succeeds.
      () => {},
    );
  }, RENEW_EVERY_MS);
  try {
    return await work(() => performance.now() < heldUntilMs);
  } finally {
    clearInterval(renewal);
    // If the store can't be reached, it runs out by itself.
    await store.leases.claim(lease, holder, 0, clock.nowMs()).catch(() => false);
  }
}
