/** The head of a column that sorts: a link to the same list in that order, or turned round. */
import type { ComponentChildren } from "preact";
import { naturalOrder, type OverviewQuery, type OverviewSort } from "../../../../service/report/overview.ts";
import { type ListView, listUrl } from "./view.ts";

interface SortHeadProps {
  readonly path: string;
  readonly query: OverviewQuery;
  readonly view: ListView;
  readonly sort: OverviewSort;
  readonly label: string;
  readonly number?: boolean;
  readonly detail?: ComponentChildren;
}

export function SortHead({ path, query, view, sort, label, number = false, detail }: SortHeadProps) {
  const isCurrent = query.sort === sort;
  const turned = query.order === "asc" ? "desc" : "asc";
  const order = isCurrent ? turned : naturalOrder(sort);
  return (
    <th
      scope="col"
      class={number ? "number" : undefined}
      aria-sort={isCurrent ? (query.order === "asc" ? "ascending" : "descending") : undefined}
    >
      <a class="sort" href={listUrl(path, query, view, { sort, order })}>
        {label}
        <span class="sort-sign" aria-hidden="true">
          {isCurrent ? (query.order === "asc" ? "↑" : "↓") : ""}
        </span>
      </a>
      {detail}
    </th>
  );
}
