/** What can be done to the experiments that are ticked. A style shows it once one is: no script is needed. */
import { shownName } from "../../../../lib/shown-name.ts";
import { useFrame } from "../../../http/frame.ts";
import { SEVERAL_PATH } from "../../../http/urls.ts";
import { CsrfField, HiddenFields } from "../../ui/hidden-fields.tsx";

const FORM = "several";

/** The box of a row. */
export function Pick({ name }: { readonly name: string }) {
  return (
    <label class="pick">
      <span class="hidden">Select {shownName(name)}</span>
      <input type="checkbox" name="name" value={name} form={FORM} />
    </label>
  );
}

export function SelectedBar() {
  const { path } = useFrame();
  return (
    <form
      id={FORM}
      class="several panel"
      method="post"
      action={SEVERAL_PATH}
      aria-label="With the selected experiments"
    >
      <CsrfField />
      <HiddenFields fields={{ back: path }} />
      <span class="muted small" aria-hidden="true">
        With the selected
      </span>
      <button type="submit" name="do" value="pause">
        Pause
      </button>
      <button type="submit" name="do" value="resume">
        Resume
      </button>
      <button type="submit" name="do" value="archive">
        Archive
      </button>
      <button type="submit" name="do" value="unarchive">
        Take back
      </button>
      <label class="inline-field">
        <span class="hidden">Tag</span>
        <input name="tag" placeholder="Tag" size={12} autocomplete="off" autocapitalize="none" />
      </label>
      <button type="submit" name="do" value="tag">
        Add tag
      </button>
      <button type="submit" name="do" value="untag">
        Remove tag
      </button>
    </form>
  );
}
