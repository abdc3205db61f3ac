/** Installs packages unless they are there: the first step of the check, and of packing a client. */
import { ensureInstalled, ensureNode } from "./prepare.mjs";

ensureNode();
ensureInstalled();
