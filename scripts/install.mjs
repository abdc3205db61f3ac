/** Installs packages unless they are there: the first step of `.ci/run`. */
import { ensureInstalled, ensureNode } from "./prepare.mjs";

ensureNode();
ensureInstalled();
