/** What a plan could ask for, beside the form that asks for it. */
import type { PlanOutlook } from "../../../service/analysis/plan-outlook.ts";
import { count, decimal, rate, share, uplift } from "../ui/format.ts";

/** What to expect before one fills anything in. */
export function OutlookTable({ outlook: { baseline, perDay, power, rows } }: { readonly outlook: PlanOutlook }) {
  const seen = "rate" in baseline ? `a rate of ${rate(baseline.rate)}` : `a mean of ${decimal(baseline.mean)}`;
  return (
    <div class="outlook">
      <table class="plain">
        <caption>
          At {count(Math.round(perDay))} visitors a day and {seen}, this is found {share(power)} of the time
        </caption>
        <thead>
          <tr>
            <th scope="col">In</th>
            <th scope="col" class="number">
              Visitors
            </th>
            <th scope="col" class="number">
              An uplift of
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.days}>
              <th scope="row">{row.days} days</th>
              <td class="number">{count(row.participants)}</td>
              <td class="number">{row.uplift === null ? "none" : `${uplift(row.uplift)} or more`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
