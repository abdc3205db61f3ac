/** A share of a whole as a small bar, in the colour of its alternative. Decoration: the figure stands as text beside it. */
const WIDTH = 60;
const HEIGHT = 6;

export function ShareBar({ share, colour }: { readonly share: number; readonly colour: string }) {
  return (
    <svg
      class={`share-bar ${colour}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
    >
      <rect class="share-bar-ground" width={WIDTH} height={HEIGHT} rx="1" />
      {/* Something is never nothing: a floor of 2 % still shows. */}
      {share > 0 ? <rect class="series-band" width={Math.max(1.5, share * WIDTH)} height={HEIGHT} rx="1" /> : null}
    </svg>
  );
}
