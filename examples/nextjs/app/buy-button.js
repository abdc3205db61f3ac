"use client";

import { useConvert, useExperiment } from "@sixpack/client/react";
import { EXPERIMENTS } from "../experiments.js";

export function BuyButton() {
  const color = useExperiment("next-button", EXPERIMENTS["next-button"]);
  const convert = useConvert();
  return (
    <button type="button" style={{ color }} onClick={() => convert("next-button", "purchase", 19.99)}>
      Buy in {color}
    </button>
  );
}
