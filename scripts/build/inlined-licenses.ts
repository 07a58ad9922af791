import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "rolldown";

/** Gathers the licences of packages that are published inside of ours, and writes them beside the code as `licenses.txt`. */
export function inlinedLicenses() {
  const folders = new Set<string>();
  const add = (moduleIds: readonly string[]) => {
    for (const id of moduleIds) {
      const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id.replaceAll("\\", "/"))?.[0];
      if (folder) folders.add(folder);
    }
  };
  const plugin: Plugin = {
    name: "inlined-licenses",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) if (file.type === "chunk") add(file.moduleIds);
      const notices = [...folders].map(noticeOf).sort();
      this.emitFile({ type: "asset", fileName: "licenses.txt", source: `${notices.join("\n\n")}\n` });
    },
  };
  return { add, plugin };
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const [file] = globSync("{LICENSE,LICENCE,license}{,.md,.txt}", { cwd: folder });
  if (!file) throw new Error(`${name} ${version} is published inside of this package and has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}`;
}
