import type { HostNews, Told } from "./news.ts";

/** The lists of news that tell what happened. */
export type ToldLists = Pick<HostNews, "actors" | "messages" | "changes" | "replies" | "children" | "childChanges">;

const lists = ["actors", "children", "messages", "changes", "childChanges", "replies"] as const;

type ListName = (typeof lists)[number];

/** One thing that happened, with the list that it stands in. */
export type Step = {
  [L in ListName]: { readonly list: L; readonly told: NonNullable<ToldLists[L]>[number] };
}[ListName];

/** What the lists tell, in the order in which it happened; what has no number comes first, as it stands. */
export function inOrder(news: ToldLists): readonly Step[] {
  const steps = lists.flatMap((list) => (news[list] ?? []).map((told) => ({ list, told }) as Step));
  return steps.sort((one, other) => seqOf(one.told) - seqOf(other.told));
}

/** The lists cut into parts, none with more than so many actors: all of a part happened before all of the next. */
export function* inParts(news: ToldLists, actorsEach: number): Iterable<ToldLists> {
  let part: Partial<Record<ListName, unknown[]>> = {};
  let actors = 0;
  for (const { list, told } of inOrder(news)) {
    if (list === "actors" || list === "children") {
      if (actors === actorsEach) {
        yield part as ToldLists;
        part = {};
        actors = 0;
      }
      actors += 1;
    }
    part[list] ??= [];
    part[list].push(told);
  }
  if (Object.keys(part).length > 0) yield part as ToldLists;
}

function seqOf({ seq = 0 }: Told): number {
  return seq;
}
