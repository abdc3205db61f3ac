/** The list of experiments. */
import type { Listing, ListQuery } from "../../service/listing.ts";
import { type KpiView, stateOf } from "../../service/report.ts";
import { experimentUrl } from "../urls.ts";
import { Layout } from "./layout.tsx";

const TITLES = {
  active: "Active experiments",
  paused: "Paused experiments",
  archived: "Archived experiments",
  all: "All experiments",
} as const;

export interface ListPageProps {
  readonly listing: Listing;
  readonly query: ListQuery;
}

export function ListPage({ listing, query }: ListPageProps) {
  const { rows, counts, pages } = listing;
  return (
    <Layout title={TITLES[query.status]} list={query.status} counts={counts}>
      {rows.length === 0 ? (
        <p>Nothing here. The first call of /participate on the API makes an experiment.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">State</th>
              <th scope="col">Alternatives</th>
              <th scope="col">Participants</th>
              <th scope="col">Conversions</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((view) => (
              <Row key={view.experiment.name} view={view} />
            ))}
          </tbody>
        </table>
      )}
      {pages > 1 ? <Pages page={query.page ?? 1} pages={pages} /> : null}
    </Layout>
  );
}

function Row({ view: { experiment, counts } }: { readonly view: KpiView }) {
  return (
    <tr>
      <th scope="row">
        <a href={experimentUrl(experiment.name)}>{experiment.name}</a>
      </th>
      <td>{stateOf(experiment)}</td>
      <td>{experiment.alternatives.length}</td>
      <td>{counts.total.participants}</td>
      <td>{counts.total.conversions}</td>
    </tr>
  );
}

function Pages({ page, pages }: { readonly page: number; readonly pages: number }) {
  return (
    <nav aria-label="Pages">
      {page > 1 ? <a href={`?page=${page - 1}`}>Previous</a> : null} Page {page} of {pages}{" "}
      {page < pages ? <a href={`?page=${page + 1}`}>Next</a> : null}
    </nav>
  );
}
