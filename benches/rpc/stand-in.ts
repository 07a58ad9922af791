import { registerHooks } from "node:module";

/** A module that is loaded in place of another, both by their addresses. */
export interface StandIn {
  readonly module: string;
  readonly file: string;
}

/**
 * Loads the one in place of the other from here on; only the stand-in itself gets the real one. Returns a check that
 * something asked for it.
 */
export function putInPlace({ module, file }: StandIn): () => void {
  let asked = false;
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (resolved.url !== module || context.parentURL === file) return resolved;
      asked = true;
      return { ...resolved, url: file };
    },
  });
  return () => {
    if (!asked) throw new Error(`nothing imports ${module}: what is measured has everything on`);
  };
}
