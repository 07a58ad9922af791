import { grainOf } from "./granary.ts";
import { type Image, readImage } from "./image.ts";
import type { Promises } from "./marks.ts";

/**
 * - `lost`: acknowledged, and not there.
 * - `shown`: a reader was shown it, and it is not there.
 * - `half`: a part of a transaction is there without the rest of it.
 * - `corrupt`: the store does not open, or SQLite finds damage.
 */
export type FindingKind = "lost" | "shown" | "half" | "corrupt";

export interface Finding {
  readonly kind: FindingKind;
  readonly detail: string;
}

/** Compares what a loss of power left with what was promised before. */
export async function check(directory: string, promises: Promises): Promise<readonly Finding[]> {
  let image: Image;
  try {
    image = await readImage(directory);
  } catch (error) {
    return [{ kind: "corrupt", detail: String(error) }];
  }
  return [...broken(image, promises), ...halves(image)];
}

function* broken({ sacks, taken, counts, keys }: Image, promises: Promises): Iterable<Finding> {
  const there = new Map(sacks.map((sack) => [sack.id as string, sack]));
  const gone = new Set(taken.map(({ id }) => id as string));
  // A provisional answer is one: a repeated call gets it, where the note that it is final failed.
  const hasAnswer = ({ state, provisional }: Image["keys"][number]) => state === "answered" || provisional !== null;
  const answered = new Set(keys.filter(hasAnswer).map(({ key }) => key as string));
  for (const [id, { told, least }] of promises.sacks) {
    const kind = told === "acknowledged" ? "lost" : "shown";
    const sack = there.get(id);
    if (told === "acknowledged" && !answered.has(id)) yield { kind, detail: `the key of ${id} has no answer` };
    if (gone.has(id)) continue;
    if (!sack || sack.revision < least.revision || (least.stored && !sack.stored)) {
      yield {
        kind,
        detail: `${told} ${JSON.stringify(least)}, left ${JSON.stringify(sack && { ...sack, grain: undefined })}`,
      };
    }
  }
  for (const id of promises.taken) if (!gone.has(id)) yield { kind: "lost", detail: `${id} was taken, and is back` };
  for (const what of ["begun", "stored", "taken"] as const) {
    const { least, told } = promises.counts[what];
    const left = (counts[0]?.[what] as number | undefined) ?? 0;
    if (left < least)
      yield { kind: told === "shown" ? "shown" : "lost", detail: `${what} was ${least}, and is ${left}` };
  }
}

/** Every transaction changes several tables: they must agree. */
function* halves({ sacks, labels, seals, taken, counts, work, keys }: Image): Iterable<Finding> {
  const labelOf = new Map(labels.map((label) => [label.id as string, label]));
  const idsOf = (rows: Image["sacks"], column = "id") => new Set(rows.map((row) => row[column] as string));
  const sealed = idsOf(seals);
  const journalled = idsOf(work, "resource");
  const keyed = idsOf(keys, "key");
  const gone = idsOf(taken);
  const half = (detail: string): Finding => ({ kind: "half", detail });
  for (const { id, grain, revision, ...sack } of sacks) {
    const stored = sack.stored === 1;
    if (grain !== grainOf(id)) yield half(`${id} holds something else`);
    if (labelOf.get(id)?.revision !== revision) yield half(`${id} and its label differ`);
    if (sealed.has(id) !== stored) yield half(`${id}: stored ${stored}, seal ${sealed.has(id)}`);
    if (journalled.has(id) === stored) yield half(`${id}: stored ${stored}, its work journalled ${journalled.has(id)}`);
    if (!keyed.has(id)) yield half(`${id} is without its key`);
    if (gone.has(id)) yield half(`${id} was taken, and is there`);
  }
  if (labels.length !== sacks.length) yield half(`${labels.length} labels, ${sacks.length} sacks`);
  const stored = sacks.filter((sack) => sack.stored === 1).length;
  const { begun = 0, stored: full = 0, taken: left = 0 } = counts[0] ?? {};
  const expected = [sacks.length + taken.length, stored + taken.length, taken.length];
  if (String([begun, full, left]) !== String(expected)) yield half(`counted ${[begun, full, left]}, there ${expected}`);
}
