/** Tags of an experiment, each the way to all that have it. */
import { useCurrentUser } from "../../http/current-user.ts";
import { labelledUrl } from "../../http/urls.ts";

export function Tags({ tags = [] }: { readonly tags?: readonly string[] | undefined }) {
  const { isGuest } = useCurrentUser();
  if (tags.length === 0) return null;
  return (
    <span class="chips tags">
      {tags.map((tag) => (
        <a key={tag} class="chip tag" {...(isGuest ? {} : { href: labelledUrl({ tag }) })}>
          <span class="hidden">Tag </span>
          {tag}
        </a>
      ))}
    </span>
  );
}
