/** How the numbers are made: on one screen for those who decide, then in full for those who check. */
import { Layout } from "../layout.tsx";
import { anchorOf, Markdown } from "../ui/markdown.tsx";

/** @param text docs/statistics.md; `undefined` where the build has none */
export function MethodPage({ text }: { readonly text: string | undefined }) {
  return (
    <Layout title="How the numbers are made">
      <InShort />
      {text === undefined ? (
        <p class="notice">This build came without docs/statistics.md.</p>
      ) : (
        <>
          <MethodContents text={text} />
          <Markdown text={withoutTitle(text)} anchors />
        </>
      )}
    </Layout>
  );
}

function InShort() {
  return (
    <div class="prose">
      <p>
        <strong>Chance decides who sees what.</strong> Each visitor is given one alternative and keeps it. So what
        differs between the groups comes from the alternatives, or from chance. The figures say how far chance goes.
      </p>
      <p>
        <strong>Read the range, not the estimate.</strong> “+12% (+3% to +21%)” says that the true uplift lies between
        3% and 21%, with 95% confidence. While a range touches zero, no difference is shown.
      </p>
      <p>
        <strong>Look as often as you like.</strong> The usual test is made for one look. Read every day, it finds
        differences that are not there, far more often than it says. The ranges here hold at every look, and are wider
        for it. <a href="#looking-as-often-as-you-like">How often we are wrong</a>
      </p>
      <p>
        <strong>A plan says how long.</strong> It is made before the data come: what decides, which uplift is worth
        finding, and so how many visitors it takes. Without one, an experiment ends when something is shown.{" "}
        <a href="#plan">Plan</a>
      </p>
      <p>
        <strong>The verdict follows rules, bad news first.</strong> A broken split makes all results void. Nothing is
        shipped before seven whole days, or while a guardrail is not shown safe. The more alternatives and KPIs are
        compared, the more each has to show. <a href="#verdict">The rules</a>
      </p>
      <p>
        <strong>Expect less than you see.</strong> Who stops as soon as something is shown has often seen a lucky day:
        the estimate tends to be too high, while its range holds.
      </p>
    </div>
  );
}

function MethodContents({ text }: { readonly text: string }) {
  const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title = ""]) => title);
  return (
    <nav class="method-contents" aria-labelledby="method-contents-title">
      <h2 id="method-contents-title">In full</h2>
      <ul>
        {sections.map((title) => (
          <li key={title}>
            <a href={`#${anchorOf(title)}`}>{title}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The page has a heading of its own. */
function withoutTitle(text: string): string {
  return text.replace(/^# .*\n+/, "");
}
