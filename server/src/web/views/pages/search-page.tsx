/** What was found: experiments, lists and pages as links, and the acts of the experiment in view as links and buttons. */
import type { ComponentChildren } from "preact";
import { type Experiment, isIntakeClosed, stateOf } from "../../../domain/experiment.ts";
import type { Role } from "../../../domain/role.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { plural } from "../../../lib/text.ts";
import type { Found } from "../../../service/report/find.ts";
import { hasWords, wordsOf } from "../../../service/report/selection.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import {
  ACTIVITY_PATH,
  ALERTS_PATH,
  actionUrl,
  CLIENTS_PATH,
  experimentUrl,
  labelledUrl,
  METHOD_PATH,
  NEW_PATH,
  REMOVED_PATH,
  SEARCH_PATH,
  TIMELINE_PATH,
  withQuery,
} from "../../http/urls.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";

interface Place {
  readonly label: string;
  readonly url: string;
  readonly role?: Role;
  /** What is sent at once; left out it is a page. */
  readonly fields?: Readonly<Record<string, string>>;
}

const PAGES: readonly Place[] = [
  { label: "Active experiments", url: "/" },
  { label: "Paused experiments", url: "/paused" },
  { label: "Archived experiments", url: "/archived" },
  { label: "All experiments", url: "/all" },
  { label: "Timeline: which experiments ran when", url: TIMELINE_PATH },
  { label: "New experiment", url: NEW_PATH, role: "editor" },
  { label: "Activity: who changed what", url: ACTIVITY_PATH },
  { label: "Alerts and webhooks", url: ALERTS_PATH },
  { label: "Removed experiments, to restore", url: REMOVED_PATH },
  { label: "Clients: why a client sees what it sees", url: CLIENTS_PATH, role: "editor" },
  { label: "How the numbers are made", url: METHOD_PATH },
];

function actsOn(experiment: Experiment): readonly Place[] {
  const { name, paused, archived, winner } = experiment;
  const to = (action: string) => actionUrl(name, action);
  const role = "editor" as const;
  return [
    { label: paused ? "Resume" : "Pause", url: to("pause"), role, fields: { paused: String(!paused) } },
    { label: winner === null ? "Choose a winner" : "Choose another winner", url: to("winner"), role },
    ...(winner === null ? [] : [{ label: "Go back to testing", url: to("winner/reset/"), role, fields: {} }]),
    { label: "Plan", url: to("plan"), role },
    { label: "Schedule", url: to("schedule"), role },
    { label: "Traffic, weights, policy and alternatives", url: to("share"), role },
    { label: "Owner, tags and other settings", url: `${experimentUrl(name)}#settings-title`, role },
    { label: isIntakeClosed(experiment) ? "Open the intake" : "Close the intake", url: to("intake"), role },
    { label: archived ? "Take back from the archive" : "Archive", url: to("archive"), role },
    { label: "Reset", url: to("reset"), role: "admin" },
    { label: "Delete", url: to("delete"), role: "admin" },
    { label: "Code to copy", url: `${experimentUrl(name)}#code` },
    { label: "Who changed it", url: withQuery(ACTIVITY_PATH, { experiment: name }) },
  ];
}

interface SearchPageProps {
  readonly text: string;
  readonly found: Found;
  /** The experiment that was in view. */
  readonly on: Experiment | undefined;
}

export function SearchPage({ text, found, on }: SearchPageProps) {
  const { can } = useCurrentUser();
  const words = wordsOf(text);
  const fitting = (places: readonly Place[]) =>
    places.filter(({ label, role }) => hasWords(label, words) && (role === undefined || can(role)));
  const acts = on === undefined ? [] : fitting(actsOn(on));
  const pages = fitting(PAGES);
  const { experiments, more, owners, tags, views } = found;
  const lists: readonly Place[] = [
    ...views.map(({ name, url }) => ({ label: name, url })),
    ...owners.map((owner) => ({ label: `Owner ${owner}`, url: labelledUrl({ owner }) })),
    ...tags.map((tag) => ({ label: `Tag ${tag}`, url: labelledUrl({ tag }) })),
  ];
  const number = [acts, pages, experiments, lists].reduce((sum, { length }) => sum + length, more);
  // Whoever types a name and presses Enter means an experiment before an act.
  const actsGroup = <Places heading={on === undefined ? "" : `On ${shownName(on.name)}`} places={acts} />;
  return (
    <>
      <SearchForm text={text} on={on} />
      <div id="found" class="found">
        <p class="muted small" role="status">
          {text.trim() === "" ? "The newest experiments, and every page." : `${plural(number, "result")}.`}
        </p>
        {words.length === 0 ? actsGroup : null}
        <Group heading="Experiments">
          {experiments.map((experiment) => (
            <li key={experiment.name}>
              <a href={experimentUrl(experiment.name)}>
                <span class="found-name">{shownName(experiment.name)}</span>
                <span class="muted small">{saidOf(experiment)}</span>
              </a>
            </li>
          ))}
          {more === 0 ? null : (
            <li>
              <a href={withQuery("/all", { q: text })}>{plural(more, "more experiment")}</a>
            </li>
          )}
        </Group>
        {words.length === 0 ? null : actsGroup}
        <Places heading="Lists" places={lists} />
        <Places heading="Pages" places={pages} />
      </div>
    </>
  );
}

function SearchForm({ text, on }: Pick<SearchPageProps, "text" | "on">) {
  return (
    <search>
      <form class="filters" method="get" action={SEARCH_PATH}>
        <label class="search">
          <span class="hidden">Search experiments, owners, tags and pages</span>
          <input type="search" name="q" value={text} placeholder="Name, owner, tag, page" data-find />
        </label>
        {on === undefined ? null : <HiddenFields fields={{ on: on.name }} />}
        <button type="submit">Search</button>
      </form>
    </search>
  );
}

function saidOf(experiment: Experiment): string {
  const { about, winner } = experiment;
  const state = stateOf(experiment);
  return [
    ...(state === "active" ? [] : [state]),
    ...(winner === null ? [] : [`winner ${winner}`]),
    ...(about?.owner === undefined ? [] : [about.owner]),
    ...(about?.tags ?? []),
  ].join(" · ");
}

function Group({ heading, children }: { readonly heading: string; readonly children: ComponentChildren }) {
  const items = [children].flat(2).filter((child) => child !== null);
  if (items.length === 0) return null;
  return (
    <section aria-label={heading}>
      <h2>{heading}</h2>
      <ul>{children}</ul>
    </section>
  );
}

function Places({ heading, places }: { readonly heading: string; readonly places: readonly Place[] }) {
  return (
    <Group heading={heading}>
      {places.map((place) => (
        <PlaceItem key={place.url} place={place} />
      ))}
    </Group>
  );
}

function PlaceItem({ place: { label, url, fields } }: { readonly place: Place }) {
  return (
    <li>
      {fields === undefined ? (
        <a href={url}>{label}</a>
      ) : (
        <form method="post" action={url}>
          <CsrfField />
          <HiddenFields fields={fields} />
          <button type="submit">{label}</button>
        </form>
      )}
    </li>
  );
}
