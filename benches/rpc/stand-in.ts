import { registerHooks } from "node:module";

/** What is loaded in place of a module: another one, or the same with one passage of its source written differently. */
export type StandIn = { readonly module: string } & (
  | { readonly file: string }
  | { readonly passage: string; readonly instead: string }
);

/** Has it loaded in the module's place from here on. Returns a check that something asked for it. */
export function putInPlace(standIn: StandIn): () => void {
  let asked = false;
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (!("file" in standIn) || resolved.url !== standIn.module) return resolved;
      asked = true;
      return { ...resolved, url: standIn.file };
    },
    load(url, context, next) {
      const loaded = next(url, context);
      if (!("passage" in standIn) || url !== standIn.module) return loaded;
      asked = true;
      return { ...loaded, source: rewritten(String(loaded.source), standIn) };
    },
  });
  return () => {
    if (!asked) throw new Error(`nothing imports ${standIn.module}: what is measured has everything on`);
  };
}

/** @throws Error when the passage is not there any more */
export function rewritten(source: string, { passage, instead }: Extract<StandIn, { passage: string }>): string {
  if (!source.includes(passage)) throw new Error(`${JSON.stringify(passage)} is not written there any more`);
  return source.replace(passage, instead);
}
