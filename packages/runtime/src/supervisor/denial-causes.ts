import { type ReeveError, reeveError } from "@reeve/contract";
import type { Cause, CauseReason } from "../lifecycle/cause.ts";
import { CallSubjects } from "../rpc/wire/subjects.ts";
import type { Denial } from "../transport/denials.ts";

interface Kind {
  readonly reason: CauseReason;
  readonly needed: string;
}

/** What processes know each other by. */
const knowing = ["alive", "members", "wanted.members", "found.members"];

/**
 * What a right that the broker does not give means for a manager:
 *
 * | subject | right | cause |
 * |---|---|---|
 * | `<ns>.call.<its own kind>.…` | subscribe | `LINK_REFUSED`: it is not called |
 * | `<ns>.call.…` of others | either | none: calls to there fail by themselves, and say why |
 * | `_INBOX.…` | either | `LINK_REFUSED`: no answers come, or go |
 * | `<ns>.sys.alive.…`, `<ns>.sys.members.…`, `<ns>.sys.{wanted,found}.members.…` | either | `LINK_REFUSED`: nobody is known, or it is not |
 * | all else of the runtime: capabilities, inspection, `$SRV` | either | `LINK_RESTRICTED` |
 */
function kindOf(namespace: string, { right, subject }: Denial, own: string): Kind | undefined {
  if (subject.startsWith(`${namespace}.call.`)) {
    if (right === "publish" || !subject.startsWith(own)) return undefined;
    return { reason: "LINK_REFUSED", needed: "to be called" };
  }
  if (subject.startsWith("_INBOX."))
    return { reason: "LINK_REFUSED", needed: right === "publish" ? "to answer" : "for the answers to its calls" };
  if (knowing.some((part) => subject.startsWith(`${namespace}.sys.${part}.`)))
    return { reason: "LINK_REFUSED", needed: "for managers to know each other" };
  if (subject.startsWith(`${namespace}.sys.`) || subject.startsWith("$SRV"))
    return { reason: "LINK_RESTRICTED", needed: "for schedulers and inspectors" };
  return undefined;
}

/** What is wrong with a manager because of what the broker forbids its process. */
export function denialCauses(
  namespace: string,
  denials: readonly Denial[],
  { name, major }: { readonly name: string; readonly major: number },
): readonly Cause[] {
  if (denials.length === 0) return [];
  const own = new CallSubjects(namespace, name, major).prefix;
  const lines = new Map<CauseReason, Map<string, Denial & { readonly needed: string }>>();
  for (const denial of denials) {
    const kind = kindOf(namespace, denial, own);
    if (!kind) continue;
    const those = lines.get(kind.reason) ?? new Map();
    lines.set(kind.reason, those.set(`${denial.right} ${denial.subject}`, { ...denial, needed: kind.needed }));
  }
  return [...lines].map(([reason, those]) => {
    const sorted = [...those.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, denial]) => denial);
    const what = sorted.map(({ right, subject, needed }) => `to ${right} ${subject} (${needed})`).join(", ");
    return {
      reason,
      message: `the broker does not permit ${what}; allow it in the user's permissions`,
      data: { denied: sorted.map(({ right, subject }) => ({ right, subject })) },
    };
  });
}

/** Why a process may know nobody who is there: it may not ask, or not hear. */
export function unknownBecause(namespace: string, denials: readonly Denial[]): ReeveError | undefined {
  const system = `${namespace}.sys.`;
  const deaf = denials.filter(
    ({ right, subject }) =>
      (right === "subscribe" && (subject === `${system}members.*` || subject.startsWith(`${system}found.members.`))) ||
      (right === "publish" && subject.startsWith(`${system}wanted.members.`)),
  );
  if (deaf.length === 0) return undefined;
  const what = deaf.map(({ right, subject }) => `to ${right} ${subject}`).join(", ");
  const message = `nobody is known: the broker does not permit ${what}; allow it in the user's permissions`;
  return reeveError("NOT_PERMITTED", message, { data: { denied: deaf } });
}
