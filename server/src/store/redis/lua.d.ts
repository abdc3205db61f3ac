/** Scripts are source: Vite and vitest put their text into the bundle, `scripts/raw-text.mjs` does it for tsx. */
declare module "*.lua?raw" {
  const source: string;
  export default source;
}
