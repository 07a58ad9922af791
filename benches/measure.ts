import type { Figures } from "./figure.ts";

/** One bench, in the process that {@link file://./run.ts} forks for it. */
const { figures } = (await import(process.argv[2]!)) as { readonly figures: Figures };
const measured = await figures();
process.send!(measured, () => process.exit(0));
