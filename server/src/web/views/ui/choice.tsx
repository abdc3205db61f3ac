/** One of a few values, chosen in a form. */

interface OptionsProps {
  /** Each value with its words, in their order. */
  readonly choices: Readonly<Record<string, string>>;
  readonly chosen: string;
}

/** For a `select` of one's own. */
export function Options({ choices, chosen }: OptionsProps) {
  return (
    <>
      {Object.entries(choices).map(([value, words]) => (
        <option key={value} value={value} selected={value === chosen}>
          {words}
        </option>
      ))}
    </>
  );
}

export function Choice({ name, label, ...options }: OptionsProps & { readonly name: string; readonly label: string }) {
  return (
    <label class="field">
      {label}
      <select name={name}>
        <Options {...options} />
      </select>
    </label>
  );
}
