/** Tags of an experiment, each the way to all that have it. */
import { labelledUrl } from "../../http/urls.ts";

export function Tags({ tags = [] }: { readonly tags?: readonly string[] | undefined }) {
  if (tags.length === 0) return null;
  return (
    <span class="chips tags">
      {tags.map((tag) => (
        <a key={tag} class="chip tag" href={labelledUrl({ tag })}>
          <span class="hidden">Tag </span>
          {tag}
        </a>
      ))}
    </span>
  );
}
