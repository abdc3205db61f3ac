/**
 * After a login: the id of this session and the one that the visitor had before are one person's.
 *
 *     await link(session, idBeforeTheLogin);
 */
import { CLIENT_ID, check, checkExperiment } from "./names.ts";
import type { Session } from "./session.ts";
import { whenShown } from "./surroundings.ts";

/**
 * Whether the server has it, after retries: both ids are one participant from then on. Without experiment that holds in
 * every one that knows one of the two.
 * @throws TypeError for arguments that break the rules
 */
export async function link(session: Session, previousId: string, experiment: string | null = null): Promise<boolean> {
  check("previousId", previousId, CLIENT_ID);
  if (experiment !== null) checkExperiment(experiment);
  await whenShown();
  const args = { client_id: session.clientId, previous_id: previousId, experiment };
  const body = JSON.stringify({ ...args, experiment: experiment ?? undefined });
  // The request outlives its page: after a login that is often left at once.
  const init = { method: "POST", body, keepalive: true };
  return session.deliver(async () => {
    const reply = await session.send("/link", { args, init, insists: true });
    return reply.code && { ...reply, call: "link", experiment };
  });
}
