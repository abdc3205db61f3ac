/** Who is told what the server notices, and what became of each message. */
import { type Webhook, webhookNames } from "../../../domain/webhook.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { plural } from "../../../lib/text.ts";
import type { Delivery } from "../../../service/alerts/outbox.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { ALERTS_PATH, experimentUrl } from "../../http/urls.ts";
import { count } from "../ui/format.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { Moment } from "../ui/moment.tsx";

interface AlertsPageProps {
  readonly webhooks: readonly Webhook[];
  /** Newest first. */
  readonly deliveries: readonly Delivery[];
  readonly hasFeed: boolean;
}

export function AlertsPage({ webhooks, deliveries, hasFeed }: AlertsPageProps) {
  const names = webhookNames(webhooks);
  return (
    <>
      <p>
        What the server notices stands in the activity of its experiment, and goes to every webhook.
        {hasFeed ? " There is an Atom feed, too." : ""}
      </p>
      <section class="section" aria-labelledby="webhooks-title">
        <div class="section-head">
          <h2 id="webhooks-title">Webhooks</h2>
        </div>
        {webhooks.length === 0 ? (
          <p class="muted">
            None yet. The key <code>webhooks</code> of the configuration names them; <code>sixpack config --docs</code>{" "}
            says how.
          </p>
        ) : null}
        <ul class="stack webhooks">
          {webhooks.map((webhook) => (
            <WebhookItem key={webhook.id} webhook={webhook} name={names.get(webhook.id) ?? ""} />
          ))}
        </ul>
      </section>
      <section class="section" aria-labelledby="deliveries-title">
        <div class="section-head">
          <h2 id="deliveries-title">Messages</h2>
        </div>
        {deliveries.length === 0 ? (
          <p class="muted">Nothing was sent yet.</p>
        ) : (
          <Deliveries names={names} deliveries={deliveries} />
        )}
      </section>
    </>
  );
}

function WebhookItem({ webhook, name }: { readonly webhook: Webhook; readonly name: string }) {
  const { can } = useCurrentUser();
  const { events, format, secret } = webhook;
  return (
    <li class="note-line">
      <strong>{name}</strong>
      <span class="muted">
        {format}, {secret === undefined ? "not signed" : "signed"}, hears{" "}
        {events === undefined ? "everything" : events.map((kind) => kind.replaceAll("-", " ")).join(", ")}
      </span>
      {can("editor") ? (
        <form method="post" action={`${ALERTS_PATH}/test`}>
          <CsrfField />
          <HiddenFields fields={{ webhook: webhook.id }} />
          <button type="submit" aria-label={`Send a test: ${name}`}>
            Send a test
          </button>
        </form>
      ) : null}
    </li>
  );
}

interface DeliveriesProps extends Pick<AlertsPageProps, "deliveries"> {
  /** Of the webhooks that are configured, by id. */
  readonly names: ReadonlyMap<string, string>;
}

function Deliveries({ names, deliveries }: DeliveriesProps) {
  return (
    <div class="table-scroll">
      <table class="activity">
        <caption class="hidden">Messages, latest first</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Experiment</th>
            <th scope="col">To</th>
            <th scope="col">State</th>
            <th scope="col">
              <span class="hidden">Send it again</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <tr key={`${delivery.id} ${delivery.webhook}`}>
              <td>
                <Moment atMs={delivery.madeAtMs} />
              </td>
              <td class="cell-words">{delivery.kind.replaceAll("-", " ")}</td>
              <td class="cell-experiment">
                {delivery.experiment === null ? (
                  "none"
                ) : (
                  <a href={experimentUrl(delivery.experiment)}>{shownName(delivery.experiment)}</a>
                )}
              </td>
              <td class="cell-words">{names.get(delivery.webhook) ?? "not configured any more"}</td>
              <td class="cell-words">
                <State delivery={delivery} isConfigured={names.has(delivery.webhook)} />
              </td>
              <td>
                {delivery.deliveredAtMs === null && delivery.tries > 0 && names.has(delivery.webhook) ? (
                  <Retry delivery={delivery} />
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Retry({ delivery: { id, webhook } }: { readonly delivery: Delivery }) {
  const { can } = useCurrentUser();
  if (!can("editor")) return null;
  return (
    <form method="post" action={`${ALERTS_PATH}/retry`}>
      <CsrfField />
      <HiddenFields fields={{ id, webhook }} />
      <button type="submit">Try again</button>
    </form>
  );
}

interface StateProps {
  readonly delivery: Delivery;
  /** Whether its webhook still is: else nothing more is sent. */
  readonly isConfigured: boolean;
}

function State({ delivery: { tries, nextAtMs, deliveredAtMs, last }, isConfigured }: StateProps) {
  const got = last === null ? "" : ` (${last})`;
  if (deliveredAtMs !== null) return <>delivered{tries > 1 ? ` at try ${count(tries)}` : ""}</>;
  if (nextAtMs === null)
    return (
      <>
        given up after {plural(tries, "try", "tries")}
        {got}
      </>
    );
  if (!isConfigured) return <>not taken{got}</>;
  if (tries === 0) return <>on its way</>;
  return (
    <>
      not taken{got}, again <Moment atMs={nextAtMs} />
    </>
  );
}
