import { readFileSync } from "node:fs";

/** The version of this package; `unknown` where it was bundled away from its manifest. */
export function reeveVersion(): string {
  try {
    // As deep in what is published as in the sources.
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    return manifest.name === "@reeve/runtime" ? String(manifest.version) : "unknown";
  } catch {
    return "unknown";
  }
}
