/** How the numbers are made. */
import { Layout } from "../layout.tsx";
import { Markdown } from "../ui/markdown.tsx";

export function MethodPage({ text }: { readonly text: string | undefined }) {
  return (
    <Layout title="How the numbers are made">
      {text === undefined ? (
        <p class="notice">This build came without docs/statistics.md.</p>
      ) : (
        <Markdown text={withoutTitle(text)} anchors />
      )}
    </Layout>
  );
}

/** The page has a heading of its own. */
function withoutTitle(text: string): string {
  return text.replace(/^# .*\n+/, "");
}
