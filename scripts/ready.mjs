/** Installs and builds what is missing: before the benchmarks, simulations and pictures, which then run by tsx. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./prepare.mjs";

ensureNode();
ensureInstalled();
ensureBuilt();
