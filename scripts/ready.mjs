/**
 * Installs and builds what is missing. Goes before a command in a process of its own, because what the command imports must be
 * there when it starts.
 */
import { ensureBuilt, ensureInstalled, ensureNode } from "./prepare.mjs";

ensureNode();
ensureInstalled();
ensureBuilt();
