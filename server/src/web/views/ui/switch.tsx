/** One of a few views of the same, each with an address. */

interface SwitchProps {
  readonly label: string;
  readonly choices: readonly { readonly label: string; readonly url: string; readonly isChosen: boolean }[];
}

export function Switch({ label, choices }: SwitchProps) {
  return (
    <nav aria-label={label}>
      <ul class="switch">
        {choices.map((choice) => (
          <li key={choice.label}>
            <a href={choice.url} aria-current={choice.isChosen ? "true" : undefined}>
              {choice.label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
