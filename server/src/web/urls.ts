/** Addresses of the dashboard, with names encoded. Those of Sixpack 2.7 are spelled as it did. */

export function experimentUrl(name: string, kpi?: string): string {
  const query = kpi === undefined ? "" : `?kpi=${encodeURIComponent(kpi)}`;
  return `/experiments/${encodeURIComponent(name)}/${query}`;
}

export function experimentJsonUrl(name: string): string {
  return `/experiments/${encodeURIComponent(name)}.json`;
}

/** Of an action, e.g. `winner/` or `pause`. */
export function actionUrl(name: string, action: string): string {
  return `/experiments/${encodeURIComponent(name)}/${action}`;
}
