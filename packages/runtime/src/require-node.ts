import { requireNode } from "./base/required-node.ts";

// Imported before all else by every entry point of the published package: what follows may need more than an old Node has.
requireNode(process.versions.node);
